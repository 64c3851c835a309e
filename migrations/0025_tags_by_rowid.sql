-- Tags as a table with row ids: without them SQLite looks for a digest's tags by the primary key, and so at each tag of the repository,
-- when a manifest is deleted (the foreign key asks) and when its tags are. The rest is as it was, made anew since it names the table.
DROP TRIGGER immutable_tags_keep_their_repository;
DROP VIEW immutable_tags;

CREATE TABLE new_tags (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  pulled_at INTEGER, -- null: not since it was made
  PRIMARY KEY (repository_id, name),
  -- A tag never outlives its manifest, whatever the order in which a push and a deletion meet.
  FOREIGN KEY (repository_id, digest) REFERENCES manifests (repository_id, digest)
);
INSERT INTO new_tags (repository_id, name, digest, created_at, updated_at, pulled_at)
SELECT repository_id, name, digest, created_at, updated_at, pulled_at FROM tags;
DROP TABLE tags; -- with its indexes and triggers
ALTER TABLE new_tags RENAME TO tags;

CREATE INDEX tags_by_digest ON tags (repository_id, digest, name);
CREATE INDEX tags_by_update ON tags (repository_id, updated_at, name);

CREATE VIEW immutable_tags AS
SELECT t.repository_id, t.name
FROM tags t JOIN repositories r ON r.id = t.repository_id AND r.deleted_at IS NULL
  JOIN spaces s ON s.id = r.space_id AND s.deleted_at IS NULL
WHERE EXISTS (
    SELECT 1 FROM json_each(COALESCE(r.immutable_tags, s.immutable_tags)) p WHERE t.name GLOB p.value)
  AND NOT EXISTS (
    SELECT 1 FROM json_each(COALESCE(r.immutable_tags, s.immutable_tags)) p
    WHERE p.value GLOB '!*' AND t.name GLOB substr(p.value, 2));

CREATE TRIGGER immutable_tags_stay BEFORE UPDATE OF digest ON tags
WHEN NEW.digest <> OLD.digest
  AND EXISTS (SELECT 1 FROM immutable_tags i WHERE i.repository_id = OLD.repository_id AND i.name = OLD.name)
BEGIN
  SELECT RAISE(ABORT, 'immutable tag');
END;

CREATE TRIGGER immutable_tags_remain BEFORE DELETE ON tags
WHEN EXISTS (SELECT 1 FROM immutable_tags i WHERE i.repository_id = OLD.repository_id AND i.name = OLD.name)
BEGIN
  SELECT RAISE(ABORT, 'immutable tag');
END;

-- A repository could otherwise be deleted and made again with other tags of the same names.
CREATE TRIGGER immutable_tags_keep_their_repository BEFORE UPDATE OF deleted_at ON repositories
WHEN NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM immutable_tags i WHERE i.repository_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'immutable tag');
END;

-- What gets a tag is no longer marked, by whatever route: the grace begins anew once it has none.
CREATE TRIGGER tags_made_unmark AFTER INSERT ON tags
BEGIN
  UPDATE manifests SET marked_at = NULL
  WHERE repository_id = NEW.repository_id AND digest = NEW.digest AND marked_at IS NOT NULL;
END;

CREATE TRIGGER tags_moved_unmark AFTER UPDATE OF digest ON tags
BEGIN
  UPDATE manifests SET marked_at = NULL
  WHERE repository_id = NEW.repository_id AND digest = NEW.digest AND marked_at IS NOT NULL;
END;

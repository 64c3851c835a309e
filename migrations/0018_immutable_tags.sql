-- Immutable tags: the database itself keeps what the patterns cover from moving, so that no statement can forget to.
ALTER TABLE spaces ADD COLUMN immutable_tags TEXT NOT NULL DEFAULT '[]'; -- JSON list of globs; one that starts with ! takes out
ALTER TABLE repositories ADD COLUMN immutable_tags TEXT; -- likewise; null: as its space has it

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

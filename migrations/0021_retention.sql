-- Retention: what a space's rules keep. Tags that none keeps go; then manifests that nothing needs are marked, and go after their grace.
CREATE TABLE retention_rules (
  id TEXT PRIMARY KEY, -- ret_<hexadecimal>
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  name TEXT NOT NULL,
  repositories TEXT NOT NULL, -- JSON list of patterns over paths
  keep TEXT NOT NULL, -- JSON object, as the management API takes it
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX retention_rules_by_space ON retention_rules (space_id, id);

ALTER TABLE manifests ADD COLUMN marked_at INTEGER; -- since when no tag, deployment or rule was seen to need it; 0 only within the transaction that takes it
CREATE INDEX manifests_marked ON manifests (marked_at) WHERE marked_at IS NOT NULL;

-- The newest tags of a repository, and a target's newest digests under a tag.
CREATE INDEX tags_by_update ON tags (repository_id, updated_at, name);
CREATE INDEX deployed_by_tag ON deployed (target_id, repository_id, tag, id);

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

-- Upload sessions that have begun and not ended: how many a credential has, and how many bytes they hold of what their space may have.
-- A row may outlive its session for some minutes; upkeep asks the session.
CREATE TABLE open_uploads (
  credential_id TEXT NOT NULL,
  id TEXT NOT NULL, -- the session's
  space_id INTEGER NOT NULL,
  repository_id INTEGER, -- null: it did not exist when the upload began
  bytes INTEGER NOT NULL DEFAULT 0, -- as last noted: at each chunk where the space has a limit, else now and then
  touched_at INTEGER NOT NULL, -- when it began, or was last confirmed
  PRIMARY KEY (credential_id, id)
) WITHOUT ROWID;

CREATE INDEX open_uploads_bytes ON open_uploads (space_id, bytes) WHERE bytes > 0;

-- Works as quota_of_bytes does: linked and open bytes share the room of a space.
CREATE TRIGGER quota_of_open_uploads BEFORE UPDATE OF bytes ON open_uploads
WHEN NEW.bytes > OLD.bytes AND NEW.bytes > OLD.bytes + (
  SELECT max_bytes - bytes - (SELECT COALESCE(SUM(u.bytes), 0) FROM open_uploads u WHERE u.space_id = NEW.space_id AND u.bytes > 0)
  FROM spaces WHERE id = NEW.space_id)
BEGIN
  SELECT RAISE(ABORT, 'space full');
END;

-- Targets: where a push is told of. Secrets are kept encrypted, under a key that is not in this database.
CREATE TABLE targets (
  id TEXT PRIMARY KEY, -- tgt_<hexadecimal>
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  url TEXT NOT NULL,
  config TEXT NOT NULL, -- JSON object; nothing secret
  secret TEXT, -- AES-GCM, base64; null where the type has none
  previous_secret TEXT, -- the one before a rotation
  previous_until INTEGER, -- until when it signs too
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  disabled_reason TEXT, -- why we switched it off; null when a person did
  failing_since INTEGER, -- the first failure since its last success
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;

CREATE INDEX targets_by_space ON targets (space_id, id);

-- Triggers: which events go to which targets.
CREATE TABLE triggers (
  id TEXT PRIMARY KEY, -- trg_<hexadecimal>
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  name TEXT NOT NULL,
  match TEXT NOT NULL, -- JSON, as the management API takes it
  targets TEXT NOT NULL, -- JSON list of ids
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;

CREATE INDEX triggers_by_space ON triggers (space_id, id);

-- Spaces: each team's registry. A deleted space keeps its row and id, so that its name can be given again and old tokens still fail.
CREATE TABLE spaces (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused
  name TEXT NOT NULL,
  public INTEGER NOT NULL DEFAULT 0 CHECK (public IN (0, 1)), -- 1: all its repositories may be pulled anonymously
  created_at INTEGER NOT NULL, -- milliseconds since the epoch, as every time in this database
  deleted_at INTEGER
);

CREATE UNIQUE INDEX spaces_by_name ON spaces (name) WHERE deleted_at IS NULL;

-- Repositories: made by the first push; likewise kept when deleted, under an id of their own.
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  path TEXT NOT NULL, -- the name without its space
  public INTEGER NOT NULL DEFAULT 0 CHECK (public IN (0, 1)), -- 1: public even where its space is not
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
);

CREATE UNIQUE INDEX repositories_by_path ON repositories (space_id, path) WHERE deleted_at IS NULL;

-- All of a space, the deleted ones too: for foreign keys and upkeep.
CREATE INDEX repositories_by_space ON repositories (space_id);

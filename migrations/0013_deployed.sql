-- What was delivered to which target: retention keeps what is deployed, and a person sees it.
CREATE TABLE deployed (
  id INTEGER PRIMARY KEY, -- grows with each deployment; a digest that is deployed again gets a new one
  space_id INTEGER NOT NULL,
  target_id TEXT NOT NULL,
  repository_id INTEGER NOT NULL,
  tag TEXT NOT NULL,
  digest TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  deployed_at INTEGER NOT NULL,
  UNIQUE (target_id, repository_id, tag, digest)
);

CREATE INDEX deployed_by_space ON deployed (space_id, id);
CREATE INDEX deployed_by_digest ON deployed (repository_id, digest);

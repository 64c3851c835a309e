-- Tags: names that move. Ordered by bytes, as the listing must be.
CREATE TABLE tags (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (repository_id, name),
  -- A tag never outlives its manifest, whatever the order in which a push and a deletion meet.
  FOREIGN KEY (repository_id, digest) REFERENCES manifests (repository_id, digest)
) WITHOUT ROWID;

CREATE INDEX tags_by_digest ON tags (repository_id, digest);

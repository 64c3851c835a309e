-- Blobs: global bytes in R2, and a link for each repository that may read them.
CREATE TABLE blobs (
  digest TEXT PRIMARY KEY,
  key TEXT NOT NULL, -- the R2 object; written once, never reused
  size INTEGER NOT NULL, -- bytes
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE repository_blobs (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL REFERENCES blobs (digest),
  touched_at INTEGER NOT NULL, -- when it was last pushed or mounted: an unreferenced link's grace counts from here
  PRIMARY KEY (repository_id, digest)
) WITHOUT ROWID;

-- Which repositories link a blob: for mounts that name no source, and for collection.
CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest, repository_id);

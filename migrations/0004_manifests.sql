-- Manifests: the exact bytes as pushed, and what each of them needs.
CREATE TABLE manifests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL, -- bytes
  body TEXT, -- UTF-8, so the bytes are exact; null where they are in R2
  key TEXT, -- the R2 object of a body too long for a row
  artifact_type TEXT, -- config.mediaType stands in for a missing one
  subject TEXT, -- the digest it refers to, which may be missing
  annotations TEXT, -- JSON object
  platforms TEXT NOT NULL, -- JSON list, as in ["linux/amd64"]
  created_at INTEGER NOT NULL,
  CHECK ((body IS NULL) <> (key IS NULL))
);

CREATE UNIQUE INDEX manifests_by_digest ON manifests (repository_id, digest);
CREATE INDEX manifests_by_subject ON manifests (repository_id, subject, digest) WHERE subject IS NOT NULL;

CREATE TABLE manifest_references (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL, -- a blob or another manifest of the same repository
  manifest_id INTEGER NOT NULL REFERENCES manifests (id) ON DELETE CASCADE, -- who needs it
  PRIMARY KEY (repository_id, digest, manifest_id)
) WITHOUT ROWID;

CREATE INDEX manifest_references_by_manifest ON manifest_references (manifest_id);

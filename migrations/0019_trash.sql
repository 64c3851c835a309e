-- Trash: a deleted manifest is kept whole for a while, so that its deletion can be undone; and what a tag's history is read by.
-- A manifest is in manifests or here, never in both.
CREATE TABLE deleted_manifests (
  id INTEGER PRIMARY KEY, -- what it was in manifests, and is again when it comes back
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  body TEXT,
  key TEXT,
  artifact_type TEXT,
  subject TEXT,
  annotations TEXT,
  platforms TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  tags TEXT NOT NULL, -- JSON list: those that went with it
  actor TEXT NOT NULL, -- as in events
  deleted_at INTEGER NOT NULL
);

CREATE UNIQUE INDEX deleted_manifests_by_digest ON deleted_manifests (repository_id, digest);
CREATE INDEX deleted_manifests_by_subject ON deleted_manifests (repository_id, subject) WHERE subject IS NOT NULL;
CREATE INDEX deleted_manifests_by_time ON deleted_manifests (deleted_at);
CREATE INDEX deleted_manifests_by_key ON deleted_manifests (key) WHERE key IS NOT NULL;

-- What it needs: a link that is named here is not collected.
CREATE TABLE deleted_references (
  repository_id INTEGER NOT NULL REFERENCES repositories (id),
  digest TEXT NOT NULL,
  manifest_id INTEGER NOT NULL REFERENCES deleted_manifests (id) ON DELETE CASCADE,
  PRIMARY KEY (repository_id, digest, manifest_id)
) WITHOUT ROWID;

CREATE INDEX deleted_references_by_manifest ON deleted_references (manifest_id);

-- Whoever takes a row out of the trash need not think of the object that it had.
CREATE TRIGGER deleted_manifests_condemn AFTER DELETE ON deleted_manifests WHEN OLD.key IS NOT NULL
BEGIN
  INSERT INTO condemned (key, condemned_at)
  SELECT OLD.key, CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NOT EXISTS (SELECT 1 FROM manifests m WHERE m.key = OLD.key)
  ON CONFLICT (key) DO NOTHING;
END;

CREATE INDEX events_by_tag ON events (repository_id, tag, id) WHERE tag IS NOT NULL;
CREATE INDEX events_of_deleted_tags ON events (repository_id, id) WHERE type = 'tag.deleted';
CREATE INDEX repositories_deleted ON repositories (space_id, path, deleted_at) WHERE deleted_at IS NOT NULL;

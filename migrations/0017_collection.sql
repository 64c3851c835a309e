-- Collection: what nothing needs is marked, waits for its grace, and is looked at again in the transaction that deletes it.
ALTER TABLE repository_blobs ADD COLUMN marked_at INTEGER; -- since when no manifest of the repository was seen to need it
ALTER TABLE blobs ADD COLUMN marked_at INTEGER; -- since when no repository was seen to link it
ALTER TABLE repositories ADD COLUMN purged_at INTEGER; -- when all that was in a deleted one was taken out of it

CREATE INDEX repository_blobs_marked ON repository_blobs (marked_at) WHERE marked_at IS NOT NULL;
CREATE INDEX blobs_marked ON blobs (marked_at) WHERE marked_at IS NOT NULL;
CREATE INDEX blobs_by_key ON blobs (key);
CREATE INDEX manifests_by_key ON manifests (key) WHERE key IS NOT NULL;
CREATE INDEX repositories_to_purge ON repositories (deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

-- Objects whose bytes are to go. A key stands here before its bytes are deleted, and no row may point to it from then on.
CREATE TABLE condemned (
  key TEXT PRIMARY KEY,
  condemned_at INTEGER NOT NULL,
  deleted_at INTEGER -- when the bytes were deleted; kept for a while, for uploads that come late
) WITHOUT ROWID;

CREATE INDEX condemned_to_delete ON condemned (condemned_at) WHERE deleted_at IS NULL;
CREATE INDEX condemned_to_forget ON condemned (deleted_at) WHERE deleted_at IS NOT NULL;

-- How far each walk of upkeep has come: it goes on there when it is run again.
CREATE TABLE walks (
  name TEXT PRIMARY KEY,
  position TEXT NOT NULL
) WITHOUT ROWID;

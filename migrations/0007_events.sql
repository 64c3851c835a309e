-- Events: the outbox. Written in the same batch as the change that it tells of, sent to the queue afterwards.
CREATE TABLE events (
  id TEXT PRIMARY KEY, -- evt_<UUID version 7>: ordered by time
  space_id INTEGER NOT NULL, -- no foreign keys: what happened stays true when the thing is gone
  repository_id INTEGER NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('tag.created', 'tag.updated', 'tag.deleted', 'manifest.pushed', 'manifest.deleted')),
  tag TEXT,
  digest TEXT NOT NULL,
  previous_digest TEXT, -- what the tag pointed to before
  media_type TEXT NOT NULL,
  artifact_type TEXT,
  size INTEGER NOT NULL, -- bytes of the manifest
  platforms TEXT NOT NULL, -- JSON list
  actor TEXT NOT NULL, -- the credential's id
  occurred_at INTEGER NOT NULL,
  sent_at INTEGER -- when the queue took it; null: still to be sent
) WITHOUT ROWID;

CREATE INDEX events_unsent ON events (id) WHERE sent_at IS NULL;

-- Deliveries that are followed until the target is done, or wait for others: made anew, since SQLite cannot change a CHECK.
CREATE TABLE deliveries_made_anew (
  id TEXT PRIMARY KEY, -- dlv_<hexadecimal, ordered by time>; the receiver's idempotency key
  space_id INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  repository_id INTEGER NOT NULL,
  tag TEXT,
  topic TEXT, -- a newer delivery with the same one, trigger and target takes its place
  once TEXT, -- at most one delivery of a trigger to a target has it
  subjects TEXT, -- JSON list of { repositoryId, digest }: what it is about, where that is more than the event's manifest
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'delivered', 'failed', 'superseded')),
  reason TEXT, -- why it has not arrived, or how it goes
  progress TEXT, -- JSON: what an attempt left for the next one
  attempts INTEGER NOT NULL DEFAULT 0, -- all that were begun
  tries INTEGER NOT NULL DEFAULT 0, -- those since it was made or last redelivered: what the schedule goes by
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (event_id, trigger_id, target_id)
) WITHOUT ROWID;

INSERT INTO deliveries_made_anew
  (id, space_id, event_id, trigger_id, target_id, repository_id, tag, topic, status, attempts, tries, next_attempt_at, created_at, finished_at)
SELECT id, space_id, event_id, trigger_id, target_id, repository_id, tag, repository_id || ':' || tag, status, attempts, tries,
  next_attempt_at, created_at, finished_at
FROM deliveries;

DROP TABLE deliveries;
ALTER TABLE deliveries_made_anew RENAME TO deliveries;

CREATE INDEX deliveries_by_space ON deliveries (space_id, id);
CREATE INDEX deliveries_by_status ON deliveries (space_id, status, id);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status IN ('pending', 'running');
CREATE INDEX deliveries_by_topic ON deliveries (trigger_id, target_id, topic, event_id);
CREATE UNIQUE INDEX deliveries_once ON deliveries (trigger_id, target_id, once) WHERE once IS NOT NULL;

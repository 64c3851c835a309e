-- Deliveries: one for each event, trigger and target, with every attempt. No foreign keys: what was sent stays on record.
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY, -- dlv_<hexadecimal, ordered by time>; the receiver's idempotency key
  space_id INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  repository_id INTEGER NOT NULL,
  tag TEXT,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'superseded')),
  attempts INTEGER NOT NULL DEFAULT 0, -- all that were begun
  tries INTEGER NOT NULL DEFAULT 0, -- those since it was made or last redelivered: what the schedule goes by
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (event_id, trigger_id, target_id)
) WITHOUT ROWID;

CREATE INDEX deliveries_by_space ON deliveries (space_id, id);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_by_subject ON deliveries (trigger_id, target_id, repository_id, tag, event_id);

CREATE TABLE attempts (
  delivery_id TEXT NOT NULL,
  number INTEGER NOT NULL, -- from 1
  at INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL, -- how long it took
  status INTEGER, -- of the answer; null when there was none
  outcome TEXT NOT NULL, -- done, retry, failed or gone
  detail TEXT NOT NULL, -- the answer's first 1,024 characters, or what went wrong
  PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;

-- Deliveries that look again before each attempt: at what went to the target before them, in the order of their trigger's rule; and that a
-- person can cancel. Made anew, since SQLite cannot change a CHECK.
CREATE TABLE deliveries_made_anew (
  id TEXT PRIMARY KEY, -- dlv_<hexadecimal, ordered by time>; the receiver's idempotency key
  space_id INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  repository_id INTEGER NOT NULL,
  tag TEXT,
  topic TEXT, -- a newer delivery with the same one, trigger and target takes its place
  scope TEXT, -- deliveries of a trigger to a target are compared within it: a repository's id, or 'group'
  lane TEXT, -- at most one delivery of a trigger to a target is being sent in it: the scope where the rule orders tags, else the topic
  once TEXT, -- at most one delivery of a trigger to a target has it
  subjects TEXT, -- JSON list of { repositoryId, digest }: what it is about, where that is more than the event's manifest
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'delivered', 'failed', 'superseded', 'canceled')),
  reason TEXT, -- why it has not arrived, or how it goes
  progress TEXT, -- JSON: what an attempt left for the next one
  attempts INTEGER NOT NULL DEFAULT 0, -- all that were begun
  tries INTEGER NOT NULL DEFAULT 0, -- those since it was made or last redelivered: what the schedule goes by
  next_attempt_at INTEGER NOT NULL,
  leased_until INTEGER, -- an attempt has it until then; null: none has
  replayed_at INTEGER, -- it is to be sent by a replay; those of one replay keep their order
  redelivered_at INTEGER, -- a person asked for it then, and it goes whatever went before; kept where it arrived
  delivered_at INTEGER, -- when it arrived last; what is sent again has arrived before
  canceled_by TEXT, -- who ended it, as in activity
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  -- As of tags: what follows from the tag's name.
  version_text TEXT GENERATED ALWAYS AS (
    substr(IIF(instr(tag, '_') > 1, substr(tag, 1, instr(tag, '_') - 1), tag), 1 + (tag GLOB '[vV]*'))),
  version_release TEXT GENERATED ALWAYS AS (
    IIF(instr(version_text, '-') > 0, substr(version_text, 1, instr(version_text, '-') - 1), version_text)),
  version_prerelease TEXT GENERATED ALWAYS AS (
    IIF(instr(version_text, '-') > 0, substr(version_text, instr(version_text, '-') + 1), '')),
  version_kind INTEGER GENERATED ALWAYS AS (
    IIF(instr(tag, '_') <> length(tag)
        AND version_release GLOB '[0-9]*' AND version_release NOT GLOB '*[^0-9.]*'
        AND version_release NOT GLOB '*..*' AND version_release NOT GLOB '*.'
        AND length(version_release) - length(replace(version_release, '.', '')) <= 3
        AND (instr(version_text, '-') = 0 OR (version_prerelease <> '' AND version_prerelease NOT GLOB '.*'
          AND version_prerelease NOT GLOB '*..*' AND version_prerelease NOT GLOB '*.')),
      10 * (1 + length(version_release) - length(replace(version_release, '.', '')))
        + IIF(version_prerelease = '', 0, IIF(version_prerelease GLOB '*[A-Z]*', 2, 1)), NULL)),
  version_numbers TEXT GENERATED ALWAYS AS ('["' || replace(version_release, '.', '","') || '"]'),
  version_identifiers TEXT GENERATED ALWAYS AS ('["' || replace(version_prerelease, '.', '","') || '"]'),
  version TEXT GENERATED ALWAYS AS (IIF(version_kind IS NULL, NULL,
      substr('00' || length(ltrim(COALESCE(version_numbers ->> 0, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 0, '0'), '0')
      || substr('00' || length(ltrim(COALESCE(version_numbers ->> 1, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 1, '0'), '0')
      || substr('00' || length(ltrim(COALESCE(version_numbers ->> 2, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 2, '0'), '0')
      || substr('00' || length(ltrim(COALESCE(version_numbers ->> 3, '0'), '0')), -3) || ltrim(COALESCE(version_numbers ->> 3, '0'), '0')
      || IIF(version_prerelease = '', '~', '0'
        || IIF(version_identifiers ->> 0 IS NULL, '', IIF(version_identifiers ->> 0 NOT GLOB '*[^0-9]*',
          '1' || substr('00' || length(ltrim((version_identifiers ->> 0), '0')), -3) || ltrim((version_identifiers ->> 0), '0'), '2' || (version_identifiers ->> 0) || ' '))
        || IIF(version_identifiers ->> 1 IS NULL, '', IIF(version_identifiers ->> 1 NOT GLOB '*[^0-9]*',
          '1' || substr('00' || length(ltrim((version_identifiers ->> 1), '0')), -3) || ltrim((version_identifiers ->> 1), '0'), '2' || (version_identifiers ->> 1) || ' '))
        || IIF(version_identifiers ->> 2 IS NULL, '', IIF(version_identifiers ->> 2 NOT GLOB '*[^0-9]*',
          '1' || substr('00' || length(ltrim((version_identifiers ->> 2), '0')), -3) || ltrim((version_identifiers ->> 2), '0'), '2' || (version_identifiers ->> 2) || ' '))
        || IIF(version_identifiers ->> 3 IS NULL, '', IIF(version_identifiers ->> 3 NOT GLOB '*[^0-9]*',
          '1' || substr('00' || length(ltrim((version_identifiers ->> 3), '0')), -3) || ltrim((version_identifiers ->> 3), '0'), '2' || (version_identifiers ->> 3) || ' '))
        || IIF(version_identifiers ->> 4 IS NULL, '', IIF(version_identifiers ->> 4 NOT GLOB '*[^0-9]*',
          '1' || substr('00' || length(ltrim((version_identifiers ->> 4), '0')), -3) || ltrim((version_identifiers ->> 4), '0'), '2' || (version_identifiers ->> 4) || ' '))))),
  version_folded TEXT GENERATED ALWAYS AS (IIF(version_kind % 10 = 2, lower(version), NULL)),
  UNIQUE (event_id, trigger_id, target_id)
) WITHOUT ROWID;

INSERT INTO deliveries_made_anew
  (id, space_id, event_id, trigger_id, target_id, repository_id, tag, topic, scope, lane, once, subjects, status, reason, progress, attempts, tries,
  next_attempt_at, delivered_at, created_at, finished_at)
SELECT id, space_id, event_id, trigger_id, target_id, repository_id, tag, topic, IIF(subjects IS NULL, CAST(repository_id AS TEXT), 'group'),
  IIF(subjects IS NULL, CAST(repository_id AS TEXT), 'group'), once, subjects, status, reason, progress, attempts, tries, next_attempt_at,
  IIF(status = 'delivered', finished_at, NULL), created_at, finished_at
FROM deliveries;

DROP TABLE deliveries;
ALTER TABLE deliveries_made_anew RENAME TO deliveries;

CREATE INDEX deliveries_by_space ON deliveries (space_id, id);
CREATE INDEX deliveries_by_status ON deliveries (space_id, status, id);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status IN ('pending', 'running');
CREATE INDEX deliveries_by_topic ON deliveries (trigger_id, target_id, topic, event_id);
CREATE UNIQUE INDEX deliveries_once ON deliveries (trigger_id, target_id, once) WHERE once IS NOT NULL;
CREATE INDEX deliveries_by_scope ON deliveries (trigger_id, target_id, scope, event_id);
CREATE INDEX deliveries_by_version ON deliveries (trigger_id, target_id, scope, version_kind, version) WHERE version_kind IS NOT NULL;
CREATE INDEX deliveries_by_folded_version ON deliveries (trigger_id, target_id, scope, version_kind, version_folded) WHERE version_folded IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (trigger_id, target_id, lane) WHERE leased_until IS NOT NULL;
CREATE INDEX deliveries_replayed ON deliveries (trigger_id, target_id, scope, event_id) WHERE replayed_at IS NOT NULL;
CREATE INDEX deliveries_by_hand ON deliveries (trigger_id, target_id, scope, delivered_at) WHERE redelivered_at IS NOT NULL;

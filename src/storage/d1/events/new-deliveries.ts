/** SQL that makes deliveries of an event. */
import { deploys } from "./targets.ts";

/** Writes the `:deliveries`, a JSON list, except those whose target is gone. */
export const INSERT = `
  INSERT INTO deliveries
    (id, space_id, event_id, trigger_id, target_id, repository_id, tag, topic, scope, lane, once, subjects, next_attempt_at, created_at)
  SELECT p.value ->> 'id', :spaceId, :eventId, p.value ->> 'triggerId', t.id, :repositoryId, :tag, p.value ->> 'topic', p.value ->> 'scope',
    p.value ->> 'lane', p.value ->> 'once', p.value ->> 'subjects', p.value ->> 'dueAt', :now
  FROM json_each(:deliveries) p JOIN targets t ON t.id = p.value ->> 'targetId'
  WHERE t.space_id = :spaceId AND t.deleted_at IS NULL
  ON CONFLICT DO NOTHING`;

/**
 * Lets a group that is again as it was fire again, unless its last delivery was the same: only two pushes
 * that complete it at once are one.
 */
export const FREE_ONCE = `
  UPDATE deliveries SET once = NULL WHERE id IN (
    SELECT o.id FROM json_each(:deliveries) p JOIN deliveries o
      ON o.trigger_id = p.value ->> 'triggerId' AND o.target_id = p.value ->> 'targetId' AND o.once = p.value ->> 'once'
    WHERE o.event_id < :eventId AND (o.status IN ('superseded', 'canceled') OR EXISTS (
      SELECT 1 FROM deliveries since WHERE since.trigger_id = o.trigger_id AND since.target_id = o.target_id AND since.topic = o.topic
        AND since.event_id > o.event_id AND since.event_id < :eventId)))`;

/**
 * Supersedes older pending deliveries of the topic: the newest push wins, in whatever order the queue
 * brings them. A target that only notifies is told of each tag, whatever the topic has.
 */
export const SUPERSEDE = `
  UPDATE deliveries AS o SET status = 'superseded', finished_at = :now, reason = IIF((
      SELECT e.type FROM deliveries n JOIN events e ON e.id = n.event_id
      WHERE n.trigger_id = o.trigger_id AND n.target_id = o.target_id AND n.topic = o.topic ORDER BY n.event_id DESC LIMIT 1
    ) = 'tag.deleted', 'the tag ' || o.tag || ' was deleted', 'a newer push took its place')
  WHERE o.id IN (
    SELECT older.id FROM deliveries d
      JOIN deliveries newer ON newer.trigger_id = d.trigger_id AND newer.target_id = d.target_id AND newer.topic = d.topic
      JOIN deliveries older ON older.trigger_id = d.trigger_id AND older.target_id = d.target_id
        AND older.topic = d.topic AND older.event_id < newer.event_id AND (older.tag = newer.tag OR ${deploys("d")})
    WHERE d.event_id = :eventId AND older.status = 'pending' AND older.redelivered_at IS NULL)`;

export const MARK_DECIDED = `
  UPDATE events SET sent_at = COALESCE(sent_at, :now), verdicts = COALESCE(verdicts, :verdicts),
    platforms = IIF(platforms = '[]', :platforms, platforms)
  WHERE id = :eventId`;

export const NOTE_PLATFORMS =
  "UPDATE manifests SET platforms = :platforms WHERE repository_id = :repositoryId AND digest = :digest AND platforms = '[]'";

export const PENDING = "SELECT id, next_attempt_at FROM deliveries WHERE event_id = :eventId AND status = 'pending'";

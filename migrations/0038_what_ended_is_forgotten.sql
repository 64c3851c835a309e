-- What ended is forgotten once nothing can refer to it: rows of deleted targets, triggers, repositories and spaces, and of tokens that ended.
-- Events then keep their actor's name themselves.
ALTER TABLE events ADD COLUMN actor_name TEXT; -- of the token, as it was called then; null for an actor that is none, and for older events

-- Of events from before this, those stay for which tags are asked: who set them.
UPDATE events SET actor_name = (SELECT k.name FROM tokens k WHERE k.id = events.actor)
WHERE id IN (SELECT (SELECT MAX(e.id) FROM events e WHERE e.repository_id = t.repository_id AND e.tag = t.name) FROM tags t);

-- A space takes along what is in it.
UPDATE targets SET deleted_at = (SELECT s.deleted_at FROM spaces s WHERE s.id = targets.space_id), sealed_url = NULL, secret = NULL, previous_secret = NULL
WHERE deleted_at IS NULL AND space_id IN (SELECT s.id FROM spaces s WHERE s.deleted_at IS NOT NULL);
UPDATE triggers SET deleted_at = (SELECT s.deleted_at FROM spaces s WHERE s.id = triggers.space_id)
WHERE deleted_at IS NULL AND space_id IN (SELECT s.id FROM spaces s WHERE s.deleted_at IS NOT NULL);
DELETE FROM retention_rules WHERE space_id IN (SELECT s.id FROM spaces s WHERE s.deleted_at IS NOT NULL);
DELETE FROM storage_days WHERE space_id IN (SELECT s.id FROM spaces s WHERE s.deleted_at IS NOT NULL);

CREATE INDEX targets_deleted ON targets (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX triggers_deleted ON triggers (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_revoked ON tokens (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX tokens_expiring ON tokens (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX repositories_purged ON repositories (purged_at) WHERE purged_at IS NOT NULL;
CREATE INDEX spaces_deleted ON spaces (deleted_at) WHERE deleted_at IS NOT NULL;

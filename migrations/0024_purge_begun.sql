-- A deleted repository that is being taken apart cannot be undeleted, whenever and with whatever settings that is asked for.
ALTER TABLE repositories ADD COLUMN purge_begun_at INTEGER; -- null: all of it is there
UPDATE repositories SET purge_begun_at = purged_at;

-- Pull times: when a tag and a manifest were last pulled, to the day. Retention may keep what was pulled lately.
ALTER TABLE tags ADD COLUMN pulled_at INTEGER;
ALTER TABLE manifests ADD COLUMN pulled_at INTEGER;

-- Pull times: when a tag and a manifest were last pulled, to the day. Retention may keep what was pulled lately.
ALTER TABLE tags ADD COLUMN pulled_at INTEGER; -- null: not since it was made
ALTER TABLE manifests ADD COLUMN pulled_at INTEGER; -- likewise, under any tag or by digest
ALTER TABLE deleted_manifests ADD COLUMN pulled_at INTEGER;

-- Nobody knows it of what is there already: now, so that no rule finds all of that unused at once.
UPDATE tags SET pulled_at = unixepoch() * 1000;
UPDATE manifests SET pulled_at = unixepoch() * 1000;
UPDATE deleted_manifests SET pulled_at = unixepoch() * 1000;

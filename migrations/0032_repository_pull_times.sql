-- When something was last pulled from a repository, to the day, for lists to show without looking at all that it has.
ALTER TABLE repositories ADD COLUMN pulled_at INTEGER; -- null: not since it was made

UPDATE repositories SET pulled_at = (SELECT MAX(m.pulled_at) FROM manifests m WHERE m.repository_id = repositories.id);

-- What a target was given last of a repository is what counts as deployed there, under whatever tag; then come the digests before it. And a
-- target says whether it deploys at all: what only notifies keeps nothing. Until somebody says otherwise, those that are there do, so that
-- retention takes nothing that runs.
ALTER TABLE targets ADD COLUMN deploys INTEGER NOT NULL DEFAULT 1 CHECK (deploys IN (0, 1));

CREATE TABLE deployed_anew (
  id INTEGER PRIMARY KEY, -- the highest of a target and repository is what the target was given last; a digest that is given again gets a new one
  space_id INTEGER NOT NULL,
  target_id TEXT NOT NULL,
  repository_id INTEGER NOT NULL,
  tag TEXT NOT NULL, -- under which the digest was given last
  digest TEXT NOT NULL,
  delivery_id TEXT NOT NULL, -- that delivery stays on record
  deployed_at INTEGER NOT NULL,
  UNIQUE (target_id, repository_id, digest)
);

-- Only what still counts: a digest once, of targets, repositories and spaces that are there.
INSERT INTO deployed_anew (id, space_id, target_id, repository_id, tag, digest, delivery_id, deployed_at)
SELECT d.id, d.space_id, d.target_id, d.repository_id, d.tag, d.digest, d.delivery_id, d.deployed_at
FROM deployed d
  JOIN targets g ON g.id = d.target_id AND g.deleted_at IS NULL
  JOIN spaces s ON s.id = d.space_id AND s.deleted_at IS NULL
  JOIN repositories r ON r.id = d.repository_id AND r.purge_begun_at IS NULL
WHERE d.id IN (SELECT MAX(n.id) FROM deployed n GROUP BY n.target_id, n.repository_id, n.digest);

DROP TABLE deployed;
ALTER TABLE deployed_anew RENAME TO deployed;

CREATE INDEX deployed_by_space ON deployed (space_id, id);
CREATE INDEX deployed_by_digest ON deployed (repository_id, digest);
CREATE INDEX deployed_by_repository ON deployed (repository_id, target_id, id);
CREATE INDEX deployed_by_delivery ON deployed (delivery_id);

-- It goes with what it is about, by whatever route that goes. A repository that was deleted may come back until it is taken apart.
CREATE TRIGGER deployed_goes_with_its_target AFTER UPDATE OF deleted_at, deploys ON targets
WHEN NEW.deleted_at IS NOT NULL OR NEW.deploys = 0
BEGIN
  DELETE FROM deployed WHERE target_id = NEW.id;
END;

CREATE TRIGGER deployed_goes_with_its_repository AFTER UPDATE OF purge_begun_at ON repositories
WHEN NEW.purge_begun_at IS NOT NULL AND OLD.purge_begun_at IS NULL
BEGIN
  DELETE FROM deployed WHERE repository_id = NEW.id;
END;

CREATE TRIGGER deployed_goes_with_its_space AFTER UPDATE OF deleted_at ON spaces
WHEN NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL
BEGIN
  DELETE FROM deployed WHERE space_id = NEW.id;
END;

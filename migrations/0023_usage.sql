-- Usage and quotas: what each space has, counted as rows change, and held to its limits in the same transaction.
ALTER TABLE repositories ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0; -- of the blobs that it links and of its manifests
ALTER TABLE spaces ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0; -- of its live repositories: a blob counts in each that links it
ALTER TABLE spaces ADD COLUMN repositories INTEGER NOT NULL DEFAULT 0; -- the live ones
ALTER TABLE spaces ADD COLUMN max_bytes INTEGER; -- null: no limit
ALTER TABLE spaces ADD COLUMN max_repositories INTEGER; -- likewise

-- What is there already.
UPDATE repositories SET bytes =
  (SELECT COALESCE(SUM(b.size), 0) FROM repository_blobs rb JOIN blobs b ON b.digest = rb.digest WHERE rb.repository_id = repositories.id)
  + (SELECT COALESCE(SUM(m.size), 0) FROM manifests m WHERE m.repository_id = repositories.id);
UPDATE spaces SET (bytes, repositories) =
  (SELECT COALESCE(SUM(r.bytes), 0), COUNT(*) FROM repositories r WHERE r.space_id = spaces.id AND r.deleted_at IS NULL);

CREATE TRIGGER usage_link AFTER INSERT ON repository_blobs
BEGIN
  UPDATE repositories SET bytes = bytes + (SELECT b.size FROM blobs b WHERE b.digest = NEW.digest) WHERE id = NEW.repository_id;
END;

-- A blob's row stays as long as anything links it, so its size is still to be had.
CREATE TRIGGER usage_unlink AFTER DELETE ON repository_blobs
BEGIN
  UPDATE repositories SET bytes = bytes - (SELECT b.size FROM blobs b WHERE b.digest = OLD.digest) WHERE id = OLD.repository_id;
END;

CREATE TRIGGER usage_manifest AFTER INSERT ON manifests
BEGIN
  UPDATE repositories SET bytes = bytes + NEW.size WHERE id = NEW.repository_id;
END;

CREATE TRIGGER usage_no_manifest AFTER DELETE ON manifests
BEGIN
  UPDATE repositories SET bytes = bytes - OLD.size WHERE id = OLD.repository_id;
END;

CREATE TRIGGER usage_of_repository AFTER UPDATE OF bytes ON repositories WHEN NEW.deleted_at IS NULL
BEGIN
  UPDATE spaces SET bytes = bytes + NEW.bytes - OLD.bytes WHERE id = NEW.space_id;
END;

CREATE TRIGGER usage_new_repository AFTER INSERT ON repositories WHEN NEW.deleted_at IS NULL
BEGIN
  UPDATE spaces SET repositories = repositories + 1, bytes = bytes + NEW.bytes WHERE id = NEW.space_id;
END;

CREATE TRIGGER usage_deleted_repository AFTER UPDATE OF deleted_at ON repositories
WHEN NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL
BEGIN
  UPDATE spaces SET repositories = repositories - 1, bytes = bytes - NEW.bytes WHERE id = NEW.space_id;
END;

-- To take a deletion back is to add to the space again.
CREATE TRIGGER usage_undeleted_repository AFTER UPDATE OF deleted_at ON repositories
WHEN NEW.deleted_at IS NULL AND OLD.deleted_at IS NOT NULL
BEGIN
  UPDATE spaces SET repositories = repositories + 1, bytes = bytes + NEW.bytes WHERE id = NEW.space_id;
END;

-- A limit may be set below what is there: then nothing can be added, and all else goes on.
CREATE TRIGGER quota_of_bytes BEFORE UPDATE OF bytes ON spaces WHEN NEW.bytes > OLD.bytes AND NEW.bytes > NEW.max_bytes
BEGIN
  SELECT RAISE(ABORT, 'space full');
END;

CREATE TRIGGER quota_of_repositories BEFORE UPDATE OF repositories ON spaces
WHEN NEW.repositories > OLD.repositories AND NEW.repositories > NEW.max_repositories
BEGIN
  SELECT RAISE(ABORT, 'repositories full');
END;

-- What lists of repositories and tags show is kept as rows change, so that a page reads about one row for each of its lines.
ALTER TABLE repositories ADD COLUMN tags INTEGER NOT NULL DEFAULT 0; -- how many it has
ALTER TABLE repositories ADD COLUMN pushed_at INTEGER; -- when one of those was set last; null: it has none
ALTER TABLE manifests ADD COLUMN content_size INTEGER NOT NULL DEFAULT 0; -- bytes of the manifest and of all that it needs; of an index, the sum of its manifests'
ALTER TABLE deleted_manifests ADD COLUMN content_size INTEGER NOT NULL DEFAULT 0;

-- What is there already.
UPDATE repositories SET (tags, pushed_at) =
  (SELECT COUNT(*), MAX(t.updated_at) FROM tags t WHERE t.repository_id = repositories.id);
UPDATE manifests SET content_size = size + (
  SELECT COALESCE(SUM(b.size), 0) FROM manifest_references f JOIN blobs b ON b.digest = f.digest WHERE f.manifest_id = manifests.id);
UPDATE deleted_manifests SET content_size = size + (
  SELECT COALESCE(SUM(b.size), 0) FROM deleted_references f JOIN blobs b ON b.digest = f.digest WHERE f.manifest_id = deleted_manifests.id);
-- Indexes: an index of indexes has what these had before, which is close enough for what came before this.
UPDATE manifests SET content_size = content_size + (
  SELECT COALESCE(SUM(c.content_size), 0) FROM manifest_references f
    JOIN manifests c ON c.repository_id = f.repository_id AND c.digest = f.digest
  WHERE f.manifest_id = manifests.id)
WHERE media_type IN ('application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json');
UPDATE deleted_manifests SET content_size = content_size + (
  SELECT COALESCE(SUM(c.content_size), 0) FROM deleted_references f
    JOIN deleted_manifests c ON c.repository_id = f.repository_id AND c.digest = f.digest
  WHERE f.manifest_id = deleted_manifests.id)
WHERE media_type IN ('application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json');

CREATE TRIGGER tags_made_counted AFTER INSERT ON tags
BEGIN
  UPDATE repositories SET tags = tags + 1, pushed_at = MAX(COALESCE(pushed_at, 0), NEW.updated_at) WHERE id = NEW.repository_id;
END;

CREATE TRIGGER tags_set_counted AFTER UPDATE OF updated_at ON tags
BEGIN
  UPDATE repositories SET pushed_at = (SELECT MAX(t.updated_at) FROM tags t WHERE t.repository_id = NEW.repository_id)
  WHERE id = NEW.repository_id;
END;

-- The newest of those that are left is the last of an index.
CREATE TRIGGER tags_gone_counted AFTER DELETE ON tags
BEGIN
  UPDATE repositories SET tags = tags - 1, pushed_at = IIF(pushed_at > OLD.updated_at, pushed_at,
    (SELECT MAX(t.updated_at) FROM tags t WHERE t.repository_id = OLD.repository_id))
  WHERE id = OLD.repository_id;
END;

-- What a target was given last of a repository.
CREATE INDEX deployed_by_repository ON deployed (repository_id, target_id, id);

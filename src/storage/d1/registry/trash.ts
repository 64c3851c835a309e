/**
 * Statements that put manifests into the trash and take them out. A manifest is in `manifests` or in the
 * trash, never in both: every statement that deletes one moves it in the same batch, and every one that
 * adds one empties the trash of it.
 */

const COLUMNS =
  "id, repository_id, digest, media_type, size, body, key, artifact_type, subject, annotations, platforms, created_at, pulled_at, content_size";

/**
 * The most tags in a row of the trash. A row has 2,000,000 bytes at most, and a body with annotations can
 * take most of them. Further tags are in the history.
 */
const MAX_TAGS = 500;

/** The parts of a move in SQL: the manifests, the time and the actor. */
interface Moving {
  /** A query for the ids of manifests; it must give the same for each of the statements. */
  readonly ids: string;
  readonly at: string;
  readonly actor: string;
}

/** Statements that move manifests to the trash with their tags and references, in this order and in one batch. */
type MovingToTrash = Readonly<Record<"copyToTrash" | "moveReferences" | "deleteTags" | "deleteManifests", string>>;

/** Makes the statements that move manifests to the trash. */
export function moveToTrash({ ids, at, actor }: Moving): MovingToTrash {
  const tags = `SELECT t.name FROM tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest ORDER BY t.name LIMIT ${MAX_TAGS}`;
  return {
    copyToTrash: `INSERT INTO deleted_manifests (${COLUMNS}, tags, actor, deleted_at)
     SELECT ${COLUMNS}, (SELECT json_group_array(name) FROM (${tags})), ${actor}, ${at} FROM manifests m WHERE m.id IN (${ids})`,
    moveReferences: `INSERT INTO deleted_references (repository_id, digest, manifest_id)
     SELECT repository_id, digest, manifest_id FROM manifest_references WHERE manifest_id IN (${ids})`,
    deleteTags: `DELETE FROM tags WHERE (repository_id, digest) IN (SELECT m.repository_id, m.digest FROM manifests m WHERE m.id IN (${ids}))`,
    deleteManifests: `DELETE FROM manifests WHERE id IN (${ids})`,
  };
}

/** Statements that move manifests back from the trash, in this order and in one batch. */
type MovingFromTrash = Readonly<Record<"copyBack" | "moveReferencesBack" | "emptyTrash", string>>;

/** Makes the statements that move manifests back, by their ids in the trash, without tags. */
export function moveFromTrash(ids: string): MovingFromTrash {
  return {
    copyBack: `INSERT INTO manifests (${COLUMNS}) SELECT ${COLUMNS} FROM deleted_manifests WHERE id IN (${ids})`,
    moveReferencesBack: `INSERT INTO manifest_references (repository_id, digest, manifest_id)
     SELECT repository_id, digest, manifest_id FROM deleted_references WHERE manifest_id IN (${ids})`,
    emptyTrash: `DELETE FROM deleted_manifests WHERE id IN (${ids}) AND id IN (SELECT id FROM manifests)`,
  };
}

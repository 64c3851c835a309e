import type { DeletionOutcome, ManifestStore } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { isEmpty } from "../rows.ts";
import { type Announcing, announcing } from "./announcing.ts";
import { REQUIRE_TAG_IF_ANY, required } from "./conditions.ts";
import { eventId, MANIFEST_DELETED, TAG_DELETED, TAGS_DELETED } from "./event-statements.ts";
import { FIND_BY_DIGEST, referenceText } from "./manifest-rows.ts";
import { moveToTrash } from "./trash.ts";

const DELETE_TAG = `DELETE FROM tags WHERE repository_id = ${REPOSITORY} AND name = ?8`;

/** An index's child is kept while the index is: what is tagged must stay whole. */
const UNREFERENCED = `NOT EXISTS (
  SELECT 1 FROM manifest_references f WHERE f.repository_id = ${REPOSITORY} AND f.digest = ?8)`;

/** ?8 digest; for the first, ?9 actor. */
const [COPY_TO_TRASH, ...MOVE_TO_TRASH] = moveToTrash({
  ids: `SELECT id FROM manifests WHERE repository_id = ${REPOSITORY} AND digest = ?8 AND ${UNREFERENCED}`,
  at: "?6",
  actor: "?9",
});

/** Deleting manifests and tags. */
export function deleteManifests(db: D1Database, { registry, announce }: Announcing): Pick<ManifestStore, "delete"> {
  const announceAll = announcing(announce);
  return {
    async delete(grant, reference, condition) {
      const values = [referenceText(reference)];
      if ("tag" in reference) {
        const conditions = required(REQUIRE_TAG_IF_ANY, condition, [reference.tag]);
        const { results: all } = await runGated(db, grant, [
          ...conditions,
          { sql: TAG_DELETED, values: [...values, eventId(), grant.subject, registry] },
          { sql: DELETE_TAG, values },
        ]);
        const results = all.slice(conditions.length);
        announceAll(results[0]);
        return (results[1]?.meta.changes ?? 0) > 0 ? "deleted" : "absent";
      }
      const { results } = await runGated(db, grant, [
        { sql: FIND_BY_DIGEST, values },
        { sql: TAGS_DELETED(UNREFERENCED), values: [...values, eventId(), grant.subject, registry] },
        { sql: MANIFEST_DELETED(UNREFERENCED), values: [...values, eventId(), grant.subject, registry] },
        { sql: COPY_TO_TRASH, values: [...values, grant.subject] },
        ...MOVE_TO_TRASH.map((sql) => ({ sql, values })),
        { sql: FIND_BY_DIGEST, values },
      ]);
      announceAll(results[1], results[2]);
      return deletionOutcome(!isEmpty(results[0]), !isEmpty(results.at(-1)));
    },
  };
}

function deletionOutcome(before: boolean, after: boolean): DeletionOutcome {
  if (!before) return "absent";
  return after ? "referenced" : "deleted";
}

import type { DeletionOutcome, ManifestStore } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { isEmpty } from "../rows.ts";
import { hasWritten, sharing } from "../statement.ts";
import { type Announcing, announcing } from "./announcing.ts";
import { REQUIRE_TAG_IF_ANY, required } from "./conditions.ts";
import { eventId, manifestDeleted, TAG_DELETED, tagsDeleted } from "./event-statements.ts";
import { FIND_BY_DIGEST, referenceText } from "./manifest-rows.ts";
import { moveToTrash } from "./trash.ts";

const DELETE_TAG = `DELETE FROM tags WHERE repository_id = ${REPOSITORY} AND name = :reference`;

/** True for a manifest that no index names. An index's child is kept while the index is: tagged content must stay whole. */
const UNREFERENCED = `NOT EXISTS (
  SELECT 1 FROM manifest_references f WHERE f.repository_id = ${REPOSITORY} AND f.digest = :reference)`;

/** The statements that delete a manifest, in order. */
const DELETE_MANIFEST = {
  before: FIND_BY_DIGEST,
  tagEvents: tagsDeleted(UNREFERENCED),
  manifestEvent: manifestDeleted(UNREFERENCED),
  ...moveToTrash({
    ids: `SELECT id FROM manifests WHERE repository_id = ${REPOSITORY} AND digest = :reference AND ${UNREFERENCED}`,
    at: ":now",
    actor: ":actor",
  }),
  after: FIND_BY_DIGEST,
};

/** Deletes manifests and tags. */
export function deleteManifests(db: D1Database, { registry, announce }: Announcing): Pick<ManifestStore, "delete"> {
  const announceAll = announcing(announce);
  return {
    async delete(grant, reference, condition): Promise<DeletionOutcome> {
      const values = {
        reference: referenceText(reference),
        tagEventId: eventId(),
        manifestEventId: eventId(),
        actor: grant.subject,
        registry,
      };
      if ("tag" in reference) {
        const { results } = await runGated(db, grant, {
          condition: required(REQUIRE_TAG_IF_ANY, condition, [reference.tag]),
          ...sharing(values, { event: TAG_DELETED, deletion: DELETE_TAG }),
        });
        announceAll(results.event);
        return hasWritten(results.deletion) ? "deleted" : "absent";
      }
      const { results } = await runGated(db, grant, sharing(values, DELETE_MANIFEST));
      announceAll(results.tagEvents, results.manifestEvent);
      return deletionOutcome(!isEmpty(results.before), !isEmpty(results.after));
    },
  };
}

function deletionOutcome(before: boolean, after: boolean): DeletionOutcome {
  if (!before) return "absent";
  return after ? "referenced" : "deleted";
}

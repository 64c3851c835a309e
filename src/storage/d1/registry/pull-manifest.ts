import * as z from "zod";
import type { Grant } from "../../../auth/grant.ts";
import { requireDigest } from "../../../oci/digest.ts";
import type { Reference } from "../../../oci/reference.ts";
import type { Damaged } from "../../../registry/damage.ts";
import type { FoundManifest, ManifestStore } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { type D1Reader, isUndisturbed, readReplicaFirst } from "../reader.ts";
import { firstRow, rows } from "../rows.ts";
import { sharing } from "../statement.ts";
import {
  BY_DIGEST,
  BY_TAG,
  FIND_BY_DIGEST,
  foundRow,
  MANIFEST_COLUMNS,
  manifestFromRow,
  referenceText,
} from "./manifest-rows.ts";
import { pullIsDue } from "./pull-times.ts";

const FIND = {
  digest: FIND_BY_DIGEST,
  tag: `SELECT ${MANIFEST_COLUMNS}, ${pullIsDue("m")} OR ${pullIsDue("t")} AS pull_is_due FROM ${BY_TAG}`,
};

/**
 * The most blobs that are read along with a manifest, since its client asks for them next: few enough that
 * the work for each fits into one request.
 */
const BLOBS_AT_ONCE = 12;

const blobsOf = (manifest: string): string => `
  SELECT b.digest, b.key, b.size
  FROM manifest_references f
    JOIN repository_blobs rb ON rb.repository_id = f.repository_id AND rb.digest = f.digest AND rb.marked_at IS NULL
    JOIN blobs b ON b.digest = f.digest AND b.quarantined_at IS NULL
  WHERE f.manifest_id = (SELECT m.id FROM ${manifest}) LIMIT ${BLOBS_AT_ONCE}`;
const BLOBS_OF = { digest: blobsOf(BY_DIGEST), tag: blobsOf(BY_TAG) };
const neededBlobRow = z.object({ digest: z.string(), key: z.string(), size: z.int() });

/** A client that asks for a marked manifest may be about to tag it. */
const UNMARK = `UPDATE manifests SET marked_at = NULL WHERE repository_id = ${REPOSITORY} AND digest = :digest`;

/** Pulls manifests. @param replica see {@link readReplicaFirst} */
export function pullManifests(
  db: D1Database,
  replica: D1Reader | null,
): Pick<ManifestStore, "find" | "findToRead" | "look"> {
  async function find(
    first: D1Reader | null,
    grant: Grant,
    reference: Reference,
  ): Promise<FoundManifest | Damaged | null> {
    const statements = findStatements(reference);
    const read = async (from: D1Reader) => (await runGated(from, grant, statements)).results;
    const results = await readReplicaFirst(db, first, read, ({ manifest }) =>
      isUndisturbed(firstRow(foundRow, manifest)),
    );
    const row = firstRow(foundRow, results.manifest);
    if (row === null || row.marked_at === null) return row && foundFromRow(row, results.blobs, reference);
    const unmark = { sql: UNMARK, values: { digest: row.digest } };
    const again = await runGated(db, grant, { unmark, ...statements });
    const still = firstRow(foundRow, again.results.manifest);
    return still && foundFromRow(still, again.results.blobs, reference);
  }

  return {
    find: (grant, reference) => find(null, grant, reference),
    findToRead: (grant, digest) => find(replica, grant, { digest }),

    async look(grant, reference) {
      const { manifest } = findStatements(reference);
      const { results } = await runGated(db, grant, { manifest });
      const row = firstRow(foundRow, results.manifest);
      return row && foundFromRow(row, undefined, reference);
    },
  };
}

/** Makes statements that find the manifest and some of the blobs that it needs. */
function findStatements(reference: Reference) {
  const kind = "tag" in reference ? "tag" : "digest";
  return sharing({ reference: referenceText(reference) }, { manifest: FIND[kind], blobs: BLOBS_OF[kind] });
}

function foundFromRow(
  row: z.infer<typeof foundRow>,
  needed: D1Result | undefined,
  reference: Reference,
): FoundManifest | Damaged {
  if (row.damage !== null) return { digest: requireDigest(row.digest), damage: row.damage };
  const tag = "tag" in reference ? reference.tag : null;
  const blobs = rows(neededBlobRow, needed).map(({ digest, key, size }) => ({
    digest: requireDigest(digest),
    key,
    size,
  }));
  return { ...manifestFromRow(row), tag, pullIsDue: row.pull_is_due === 1, blobs };
}

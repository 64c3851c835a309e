import { z } from "zod";
import type { Grant } from "../../../auth/grant.ts";
import { requireDigest } from "../../../oci/digest.ts";
import type { Reference } from "../../../oci/reference.ts";
import type { Damaged } from "../../../registry/damage.ts";
import type { FoundManifest, ManifestStore } from "../../../registry/stores.ts";
import { type GatedStatement, REPOSITORY, runGated } from "../gate.ts";
import { type D1Reader, isUndisturbed, readReplicaFirst } from "../reader.ts";
import { firstRow, rows } from "../rows.ts";
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

/** Who gets a manifest asks for its blobs next. So many that what is done for each stays within a request's means. */
const BLOBS_AT_ONCE = 12;

const blobsOf = (manifest: string): string => `
  SELECT b.digest, b.key, b.size
  FROM manifest_references f
    JOIN repository_blobs rb ON rb.repository_id = f.repository_id AND rb.digest = f.digest AND rb.marked_at IS NULL
    JOIN blobs b ON b.digest = f.digest AND b.quarantined_at IS NULL
  WHERE f.manifest_id = (SELECT m.id FROM ${manifest}) LIMIT ${BLOBS_AT_ONCE}`;
const BLOBS_OF = { digest: blobsOf(BY_DIGEST), tag: blobsOf(BY_TAG) };
const neededBlobRow = z.object({ digest: z.string(), key: z.string(), size: z.int() });

/** ?8 digest: who asks for a manifest that is marked may be about to tag it. */
const UNMARK_FOUND = `UPDATE manifests SET marked_at = NULL WHERE repository_id = ${REPOSITORY} AND digest = ?8`;

/** Pulling manifests. @param replica see {@link readReplicaFirst}. */
export function pullManifests(
  db: D1Database,
  replica: D1Reader | null,
): Pick<ManifestStore, "find" | "findToRead" | "look"> {
  async function look(grant: Grant, reference: Reference): Promise<FoundManifest | Damaged | null> {
    const { results } = await runGated(db, grant, findStatements(reference).slice(0, 1));
    const row = firstRow(foundRow, results[0]);
    return row && foundFromRow(row, undefined, reference);
  }

  async function find(
    first: D1Reader | null,
    grant: Grant,
    reference: Reference,
  ): Promise<FoundManifest | Damaged | null> {
    const found = findStatements(reference);
    const read = async (from: D1Reader): Promise<readonly D1Result[]> => (await runGated(from, grant, found)).results;
    const results = await readReplicaFirst(db, first, read, ([some]) => isUndisturbed(firstRow(foundRow, some)));
    const row = firstRow(foundRow, results[0]);
    if (row === null || row.marked_at === null) return row && foundFromRow(row, results[1], reference);
    const again = await runGated(db, grant, [{ sql: UNMARK_FOUND, values: [row.digest] }, ...found]);
    const still = firstRow(foundRow, again.results[1]);
    return still && foundFromRow(still, again.results[2], reference);
  }

  return {
    look,
    find: (grant, reference) => find(null, grant, reference),
    findToRead: (grant, digest) => find(replica, grant, { digest }),
  };
}

/** The manifest, and some of the blobs that it needs. */
function findStatements(reference: Reference): readonly GatedStatement[] {
  const values = [referenceText(reference)];
  const kind = "tag" in reference ? "tag" : "digest";
  return [
    { sql: FIND[kind], values },
    { sql: BLOBS_OF[kind], values },
  ];
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

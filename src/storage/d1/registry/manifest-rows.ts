import * as z from "zod";
import { requireDigest } from "../../../oci/digest.ts";
import type { Reference } from "../../../oci/reference.ts";
import { DAMAGES } from "../../../registry/damage.ts";
import type { StoredManifest } from "../../../registry/stores.ts";
import { REPOSITORY } from "../gate.ts";
import { pullIsDue } from "./pull-times.ts";

export const manifestRow = z.object({
  digest: z.string(),
  media_type: z.string(),
  size: z.int(),
  body: z.string().nullable(),
  key: z.string().nullable(),
  damage: z.enum(DAMAGES).nullable(),
  marked_at: z.int().nullable(),
});

export const foundRow = manifestRow.extend({ pull_is_due: z.int() });

export const MANIFEST_COLUMNS = "m.digest, m.media_type, m.size, m.body, m.key, m.damage, m.marked_at";

/** The manifest `m` that `:reference` leads to. */
export const BY_DIGEST = `manifests m WHERE m.repository_id = ${REPOSITORY} AND m.digest = :reference`;
export const BY_TAG = `tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
  WHERE t.repository_id = ${REPOSITORY} AND t.name = :reference`;

export const FIND_BY_DIGEST = `SELECT ${MANIFEST_COLUMNS}, ${pullIsDue("m")} AS pull_is_due FROM ${BY_DIGEST}`;

export function manifestFromRow(row: z.infer<typeof manifestRow>): StoredManifest {
  const content = row.body === null ? { key: row.key ?? "" } : { body: row.body };
  return { digest: requireDigest(row.digest), mediaType: row.media_type, size: row.size, content };
}

export function referenceText(reference: Reference): string {
  return "tag" in reference ? reference.tag : reference.digest;
}

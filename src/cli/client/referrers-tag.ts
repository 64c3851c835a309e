import type { Digest } from "../../oci/digest.ts";
import { OCI_INDEX } from "../../oci/media-types.ts";
import type { Connection } from "./connection.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { listTaggedReferrers, type RemoteReferrer } from "./lists.ts";
import { putManifest } from "./manifests.ts";

/**
 * Adds a referrer to the tag that stands in for the list of referrers (distribution spec, "Referrers Tag Schema").
 * Keeps the tag's other entries.
 */
export async function addToReferrersTag(
  connection: Connection,
  name: string,
  subject: Digest,
  referrers: readonly RemoteReferrer[],
): Promise<void> {
  const listed = await listTaggedReferrers(connection, name, subject);
  const known = new Set(listed.map(({ digest }) => digest));
  const missing = referrers.filter(({ digest }) => !known.has(digest));
  if (missing.length === 0) return;
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...listed, ...missing] };
  const manifest = { bytes: Buffer.from(JSON.stringify(index)), mediaType: OCI_INDEX };
  await putManifest(connection, name, referrersTag(subject), manifest);
}

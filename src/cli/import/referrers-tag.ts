import type { Digest } from "../../oci/digest.ts";
import { OCI_INDEX } from "../../oci/media-types.ts";
import { listTaggedReferrers, referrersTag, type RemoteReferrer } from "../client/lists.ts";
import { putManifest } from "../client/manifests.ts";
import { pullScope, repositoryPath } from "../client/repository.ts";
import { drain } from "../client/transport.ts";
import type { Import, Side } from "./import.ts";

/**
 * Tells the destination what refers to a manifest, where it does not find out by itself: in the tag that stands in
 * for the list (distribution spec, "Referrers Tag Schema"). What that tag lists already stays.
 */
export async function noteReferrers(run: Import, subject: Digest, referrers: readonly RemoteReferrer[]): Promise<void> {
  const { destination, options } = run;
  if (referrers.length === 0 || options.dryRun || (await hasList(destination, subject))) return;
  const listed = await listTaggedReferrers(destination.connection, destination.name, subject);
  const known = new Set(listed.map(({ digest }) => digest));
  const missing = referrers.filter(({ digest }) => !known.has(digest));
  if (missing.length === 0) return;
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...listed, ...missing] };
  const manifest = { bytes: Buffer.from(JSON.stringify(index)), mediaType: OCI_INDEX };
  await putManifest(destination.connection, destination.name, referrersTag(subject), manifest);
}

async function hasList({ connection, name }: Side, subject: Digest): Promise<boolean> {
  const answer = await connection.ask({
    method: "GET",
    address: repositoryPath({ name }, `referrers/${subject}`),
    scopes: [pullScope({ name })],
    expect: [200, 400, 404, 405, 406],
  });
  await drain(answer);
  return answer.status === 200 && /json/.test(answer.headers.get("content-type") ?? "");
}

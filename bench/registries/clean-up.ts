import { deleteManifest } from "../../src/cli/client/manifests.ts";
import { deleteScope, repositoryPath } from "../../src/cli/client/repository.ts";
import { drain } from "../../src/cli/client/transport.ts";
import { inBatches } from "../../src/cli/in-batches.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { reasonOf } from "./measure.ts";
import type { Peer } from "./peer.ts";

/** The number of manifests and blobs that were deleted, and the registry's reasons for keeping others. */
export interface CleanUp {
  readonly deleted: number;
  readonly kept: number;
  /** The reasons, each once, and not many. */
  readonly reasons: readonly string[];
}

const AT_ONCE = 8;
const MOST_REASONS = 5;

/** Deletes the content of this run as far as the registry allows it, manifests before the blobs that they need. */
export async function cleanUp(peer: Peer): Promise<CleanUp> {
  const repositories = [...peer.pushed];
  const manifests = repositories.flatMap(([name, content]) =>
    [...content.manifests].map((digest) => ({ name, digest })),
  );
  const blobs = repositories.flatMap(([name, content]) => [...content.blobs].map((digest) => ({ name, digest })));
  const refused = [
    ...(await inBatches(manifests, AT_ONCE, ({ name, digest }) =>
      refusalOf(deleteManifest(peer.connection, name, digest)),
    )),
    ...(await inBatches(blobs, AT_ONCE, ({ name, digest }) => refusalOf(deleteBlob(peer, name, digest)))),
  ];
  const reasons = refused.filter((reason) => reason !== null);
  return {
    deleted: refused.length - reasons.length,
    kept: reasons.length,
    reasons: [...new Set(reasons)].slice(0, MOST_REASONS),
  };
}

/** Returns the reason of a refused deletion; null if the content is gone. */
function refusalOf(deletion: Promise<unknown>): Promise<string | null> {
  return deletion.then(() => null, reasonOf);
}

/** Deletes a blob (end-10). */
async function deleteBlob({ connection }: Peer, name: string, digest: Digest): Promise<void> {
  const answer = await connection.ask({
    method: "DELETE",
    address: repositoryPath({ name }, `blobs/${digest}`),
    scopes: [deleteScope({ name })],
    expect: [200, 202, 204, 404],
  });
  await drain(answer);
}

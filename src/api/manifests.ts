import type { RepositoryReaderCall } from "../call.ts";
import { requireDigest } from "../oci/digest.ts";
import { readBlobText, type ShownManifest, showManifest } from "../management/manifest-report.ts";
import { listReferrers as findReferrers } from "../registry/pull.ts";
import type { Referrer } from "../registry/stores.ts";
import { blobTextQuery, manifestQuery, referrersQuery } from "./manifest-schemas.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest } from "./answer.ts";
import { readQuery } from "./input.ts";

/** A manifest with what it needs and what needs it. No pull: it is only looked at. */
export async function getManifest(call: RepositoryReaderCall): Promise<Response> {
  const { reference } = readQuery(manifestQuery, call);
  const { stores, management } = call.registry;
  const shown = await showManifest(stores, management.manifests, call.grant, reference);
  return Response.json(manifestView(shown));
}

export async function listReferrers(call: RepositoryReaderCall): Promise<Response> {
  const query = readQuery(referrersQuery, call);
  const page = await findReferrers(
    call.registry.stores,
    call.grant,
    requireDigest(query.digest),
    query.artifactType ?? null,
    pageRequest(query),
  );
  return listResponse(page, referrerView, ({ digest }) => digest);
}

/** For what is small and meant to be read, such as an SBOM. */
export async function getBlobText(call: RepositoryReaderCall): Promise<Response> {
  const { digest } = readQuery(blobTextQuery, call);
  const blob = await readBlobText(call.registry.stores, call.grant, requireDigest(digest));
  return Response.json({ digest, ...blob });
}

function manifestView({ stored, pushedAt, pulledAt, ...manifest }: ShownManifest): object {
  const { digest, mediaType, size } = stored;
  return { digest, mediaType, size, ...manifest, pushedAt: isoTime(pushedAt), pulledAt: isoTimeOrNull(pulledAt) };
}

function referrerView({ digest, mediaType, size, artifactType, annotations }: Referrer): object {
  return { digest, mediaType, size, artifactType, annotations };
}

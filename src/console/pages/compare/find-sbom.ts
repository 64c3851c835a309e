import type { Manifest } from "../../../cli/management/operations.ts";
import { call } from "../../api/client.ts";
import { attachedByTag, attestationsIn, blobTitle, fromReferrer } from "../../content/attachments.ts";
import { type Document, parseDocument } from "../../content/document.ts";
import { parseJson } from "../../content/json.ts";
import { parseContent } from "../../content/manifest.ts";
import type { Sbom } from "../../content/packages.ts";
import type { Place } from "../manifest/place.ts";

/** How much is looked through for an SBOM: attachments, blobs of each, and their bytes. */
const ATTACHMENTS = 6;
const BLOBS = 6;
const MAX_BYTES = 4 * 1024 * 1024;

/** The first SBOM that is attached to the manifest in whichever way; null where there is none that is understood. Throws ApiProblem. */
export async function findSbom(place: Place, manifest: Manifest, signal: AbortSignal): Promise<Sbom | null> {
  for (const digest of await candidates(place, manifest, signal)) {
    const { raw } = await show(place, digest, signal);
    const layers = parseContent(raw).layers.filter(
      (layer) => layer.size <= MAX_BYTES && !/provenance/.test(blobTitle(layer)),
    );
    for (const layer of layers.slice(0, BLOBS)) {
      const query = { repository: place.repository, digest: layer.digest };
      const { text } = await call("getBlobText", { path: { space: place.space }, query }, signal);
      const sbom = sbomIn(parseDocument(parseJson(text)));
      if (sbom !== null) return sbom;
    }
  }
  return null;
}

async function candidates(place: Place, manifest: Manifest, signal: AbortSignal): Promise<readonly string[]> {
  const { space, repository } = place;
  const { digest, attached, usedBy } = manifest;
  const { items } = await call("listReferrers", { path: { space }, query: { repository, digest, limit: 50 } }, signal);
  const [parent] = usedBy;
  const index = parent && (await show(place, parent.digest, signal));
  const all = [...items.map(fromReferrer), ...attachedByTag(attached), ...attestationsIn(index?.raw ?? null, digest)];
  return all
    .filter(({ mayBeSbom }) => mayBeSbom)
    .slice(0, ATTACHMENTS)
    .map((attachment) => attachment.digest);
}

function show({ space, repository }: Place, reference: string, signal: AbortSignal): Promise<Manifest> {
  return call("getManifest", { path: { space }, query: { repository, reference } }, signal);
}

function sbomIn(document: Document): Sbom | null {
  if (document.kind === "sbom") return document.sbom;
  return document.kind === "statement" ? sbomIn(document.statement.inner) : null;
}

import type { Manifest } from "../../../contract/operations.ts";
import { call } from "../../api/client.ts";
import {
  type Attachment,
  attachedByBuilder,
  attachedByTag,
  blobTitle,
  fromReferrer,
} from "../../content/attachments.ts";
import { type Document, parseDocument } from "../../content/document.ts";
import { parseJson } from "../../content/json.ts";
import { parseContent } from "../../content/manifest.ts";
import type { Sbom } from "../../content/packages.ts";
import type { Place } from "../manifest/place.ts";

/** Limits of the search for SBOMs: attachments, blobs of each, and bytes of a blob. */
const ATTACHMENTS = 8;
const BLOBS = 6;
const MAX_BYTES = 4 * 1024 * 1024;

/** The number of formats: SPDX and CycloneDX. */
const FORMATS = 2;

/**
 * Finds the SBOMs attached to a manifest, by whichever means, or to the index that it belongs to. Returns the nearest
 * of each format. Throws ApiProblem.
 */
export async function findSboms(place: Place, manifest: Manifest, signal: AbortSignal): Promise<readonly Sbom[]> {
  const found = new Map<Sbom["format"], Sbom>();
  for (const digest of await candidates(place, manifest, signal)) {
    const { raw } = await show(place, digest, signal);
    const layers = parseContent(raw).layers.filter(
      (layer) => layer.size <= MAX_BYTES && !/provenance/.test(blobTitle(layer)),
    );
    for (const layer of layers.slice(0, BLOBS)) {
      const query = { repository: place.repository, digest: layer.digest };
      const { text } = await call("getBlobText", { path: { space: place.space }, query }, signal);
      const sbom = sbomIn(parseDocument(parseJson(text)));
      if (sbom !== null && !found.has(sbom.format)) found.set(sbom.format, sbom);
      if (found.size === FORMATS) return [...found.values()];
    }
  }
  return [...found.values()];
}

/**
 * Returns digests of attachments, nearest first. Builders and pipelines often attach documents about all images to
 * their index.
 */
async function candidates(place: Place, manifest: Manifest, signal: AbortSignal): Promise<readonly string[]> {
  const [parent] = manifest.usedBy;
  const index = parent && (await show(place, parent.digest, signal));
  const all = [
    ...(await attachedTo(place, manifest, signal)),
    ...attachedByBuilder(manifest),
    ...(index ? await attachedTo(place, index, signal) : []),
  ];
  const digests = all.filter(({ mayBeSbom }) => mayBeSbom).map(({ digest }) => digest);
  return [...new Set(digests)].slice(0, ATTACHMENTS);
}

async function attachedTo(
  { space, repository }: Place,
  { digest, attached }: Manifest,
  signal: AbortSignal,
): Promise<readonly Attachment[]> {
  const query = { repository, digest, limit: 50 };
  const { items } = await call("listReferrers", { path: { space }, query }, signal);
  return [...items.map(fromReferrer), ...attachedByTag(attached)];
}

function show({ space, repository }: Place, reference: string, signal: AbortSignal): Promise<Manifest> {
  return call("getManifest", { path: { space }, query: { repository, reference } }, signal);
}

function sbomIn(document: Document): Sbom | null {
  if (document.kind === "sbom") return document.sbom;
  return document.kind === "statement" ? sbomIn(document.statement.inner) : null;
}

import type { Grant } from "../auth/grant.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseManifest } from "../oci/manifest.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { ByteRange } from "../oci/range.ts";
import { parseReference } from "../oci/reference.ts";
import type { FoundManifest, Referrer, Stores, StoredBlob, StoredManifest } from "./stores.ts";

/** The blob, if the repository has it. Throws BLOB_UNKNOWN. */
export async function findBlob(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  const blob = await stores.blobs.find(grant, digest);
  if (blob === null) throw new RegistryError("BLOB_UNKNOWN", { detail: { digest } });
  return blob;
}

/** The blob's bytes, or a part of them. Throws BLOB_UNKNOWN. */
export async function readBlob(stores: Stores, blob: StoredBlob, range: ByteRange | null): Promise<ReadableStream> {
  const body = await stores.bytes.get(blob.key, range);
  // The row outlived its object: the bytes are lost, and a push of them brings them back.
  if (body === null) throw new RegistryError("BLOB_UNKNOWN", { detail: { digest: blob.digest, missing: true } });
  return body;
}

/** The manifest of a tag or digest. Throws MANIFEST_UNKNOWN, for a malformed reference too: nothing can be there. */
export async function findManifest(stores: Stores, grant: Grant, referenceText: string): Promise<FoundManifest> {
  const reference = parseReference(referenceText);
  const manifest = reference === null ? null : await stores.manifests.find(grant, reference);
  if (manifest === null) {
    throw new RegistryError("MANIFEST_UNKNOWN", { detail: { reference: referenceText.slice(0, 256) } });
  }
  return manifest;
}

/** The exact bytes as pushed. */
export async function readManifest(stores: Stores, manifest: StoredManifest): Promise<ReadableStream | string> {
  if ("body" in manifest.content) return manifest.content.body;
  const body = await stores.bytes.get(manifest.content.key, null);
  if (body === null)
    throw new RegistryError("MANIFEST_UNKNOWN", { detail: { digest: manifest.digest, missing: true } });
  return body;
}

/**
 * Remembers that the manifest was pulled, once it is answered. `got`: its headers, or its body too.
 *
 * Who asks for the headers pulls as well: docker and containerd ask for those of a tag, then for the manifest by its
 * digest, and not even for that when they have it. Counted is only the body, else such a pull would count twice.
 */
export function notePull(
  { pullTimes, pullCounts }: Stores,
  grant: Grant,
  manifest: FoundManifest,
  { got, client }: { readonly got: "headers" | "body"; readonly client: string },
): void {
  if (manifest.pullIsDue) pullTimes.note(grant, manifest);
  const { tag, digest, size } = manifest;
  if (got === "body") pullCounts.count({ name: grant.name, tag, digest, size, client });
}

/** A page of the repository's tags. Throws NAME_UNKNOWN. */
export async function listTags(stores: Stores, grant: Grant, page: PageRequest): Promise<Page<string>> {
  const tags = await stores.tags.list(grant, page);
  if (tags === null) throw new RegistryError("NAME_UNKNOWN", { detail: { name: grant.name.full } });
  return tags;
}

/** A page of what refers to the subject, with all annotations. */
export async function listReferrers(
  stores: Stores,
  grant: Grant,
  subject: Digest,
  artifactType: string | null,
  page: PageRequest,
): Promise<Page<Referrer>> {
  const { entries, more } = await stores.manifests.referrers(grant, subject, artifactType, page);
  return { entries: await Promise.all(entries.map((referrer) => withAnnotations(stores, referrer))), more };
}

async function withAnnotations(stores: Stores, referrer: Referrer): Promise<Referrer> {
  if (referrer.longBody === null) return referrer;
  const body = await stores.bytes.get(referrer.longBody, null);
  const bytes = body === null ? null : await new Response(body).bytes();
  return bytes === null ? referrer : { ...referrer, annotations: parseManifest(bytes, referrer.mediaType).annotations };
}

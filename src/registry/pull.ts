import type { Grant } from "../auth/grant.ts";
import { type Digest, digestAlgorithm } from "../oci/digest.ts";
import { digestBytes } from "../oci/digest-bytes.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseManifest } from "../oci/manifest.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import type { ByteRange } from "../oci/range.ts";
import { parseReference } from "../oci/reference.ts";
import { type Damage, type Damaged, damagedBlob, damagedManifest } from "./damage.ts";
import type { FoundManifest, KeptObject, Referrer, Stores, StoredBlob, StoredManifest } from "./stores.ts";

/** The part of an answer that a pull asks for. */
export type PullKind = "headers" | "body";

/** Finds the blob, if the repository has it whole. Throws BLOB_UNKNOWN. */
export async function findBlob(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  return wholeBlob(digest, await stores.blobs.find(grant, digest));
}

/** Like {@link findBlob}, for a pull: may answer from this data centre's memory, or from a read replica. */
export async function findBlobToRead(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  const remembered = await stores.memory.blob(grant, digest);
  if (remembered !== null) return remembered;
  const blob = wholeBlob(digest, await stores.blobs.findToRead(grant, digest));
  stores.memory.keepBlob(grant, blob);
  return blob;
}

/** Like {@link findBlob}, for looking: it neither saves the blob from collection nor remembers it. */
export async function lookAtBlob(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  return wholeBlob(digest, await stores.blobs.look(grant, digest));
}

function wholeBlob(digest: Digest, blob: StoredBlob | Damaged | null): StoredBlob {
  if (blob === null) throw new RegistryError("BLOB_UNKNOWN", { detail: { digest } });
  if ("damage" in blob) throw damagedBlob(blob);
  return blob;
}

/**
 * Reads the blob's bytes, or a part of them. The key in this data centre's memory may be older than a push elsewhere
 * that repaired the blob. So if bytes are missing, the database is asked for the current key. Throws BLOB_UNKNOWN if
 * the bytes are gone, or their number is wrong.
 */
export async function readBlob(
  stores: Stores,
  grant: Grant,
  blob: StoredBlob,
  range: ByteRange | null,
): Promise<ReadableStream> {
  const body = await stores.bytes.get(blob, range);
  if (typeof body !== "string") return body;
  await stores.memory.forget(grant.name, blob.digest);
  const current = wholeBlob(blob.digest, await stores.blobs.look(grant, blob.digest));
  const other = current.key === blob.key ? body : await stores.bytes.get(current, range);
  if (typeof other !== "string") return other;
  stores.damage.suspect(current);
  throw damagedBlob({ digest: blob.digest, damage: other });
}

/**
 * Finds the manifest of a tag or digest. Throws MANIFEST_UNKNOWN, also for a malformed reference, since no manifest can
 * have it.
 * @param asked "headers" must tell what is there now; "body" may answer from this data centre's memory if the reference
 * is a digest.
 */
export async function findManifest(
  stores: Stores,
  grant: Grant,
  referenceText: string,
  asked: PullKind,
): Promise<FoundManifest> {
  const reference = parseReference(referenceText);
  if (reference === null) throw manifestUnknown(referenceText);
  const digest = asked === "body" && "digest" in reference ? reference.digest : null;
  const remembered = digest && (await stores.memory.manifest(grant, digest));
  if (remembered) return { ...remembered, tag: null, pullIsDue: false, blobs: [] };
  const { manifests } = stores;
  const manifest = await (digest === null ? manifests.find(grant, reference) : manifests.findToRead(grant, digest));
  if (manifest === null) throw manifestUnknown(referenceText);
  if ("damage" in manifest) throw damagedManifest(manifest);
  // The blobs come next in a pull, so they are warmed here. containerd's pull begins with the headers.
  stores.memory.keepManifest(grant, manifest, () => stores.bytes.warm(manifest.blobs));
  return manifest;
}

/** Like {@link findManifest}, for looking: it is no pull, saves nothing from retention, and remembers nothing. */
export async function lookAtManifest(stores: Stores, grant: Grant, referenceText: string): Promise<FoundManifest> {
  const reference = parseReference(referenceText);
  const manifest = reference && (await stores.manifests.look(grant, reference));
  if (manifest === null) throw manifestUnknown(referenceText);
  if ("damage" in manifest) throw damagedManifest(manifest);
  return manifest;
}

function manifestUnknown(reference: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", { detail: { reference: reference.slice(0, 256) } });
}

/**
 * Reads the exact bytes as pushed. If the remembered bytes are missing or wrong, it asks the database for other ones,
 * like {@link readBlob}. Throws MANIFEST_UNKNOWN if the bytes are gone, or do not have the digest.
 */
export async function readManifest(
  stores: Stores,
  grant: Grant,
  { digest, size, content }: StoredManifest,
): Promise<Uint8Array | string> {
  if ("body" in content) return content.body;
  const bytes = await readLong(stores, { digest, key: content.key, size });
  if (typeof bytes !== "string") return bytes;
  await stores.memory.forget(grant.name, digest);
  const current = await stores.manifests.look(grant, { digest });
  const isOther =
    current !== null && "content" in current && "key" in current.content && current.content.key !== content.key;
  const other = isOther ? await readLong(stores, { digest, key: current.content.key, size }) : bytes;
  if (typeof other === "string") throw damagedManifest({ digest, damage: other });
  return other;
}

/**
 * Reads a manifest that is kept in R2. It has 4 MiB at most, so its bytes are compared with the digest before they are
 * used.
 */
async function readLong(stores: Stores, object: KeptObject): Promise<Uint8Array | Damage> {
  const body = await stores.bytes.get(object, null);
  const bytes = typeof body === "string" ? body : await new Response(body).bytes();
  const isRight =
    typeof bytes !== "string" && (await digestBytes(digestAlgorithm(object.digest), bytes)) === object.digest;
  if (isRight) return bytes;
  stores.damage.suspect(object);
  return typeof bytes === "string" ? bytes : "corrupt";
}

/**
 * Remembers that the manifest was pulled, once the request is answered. A request for the headers is a pull as well:
 * docker and containerd ask for the headers of a tag, then for the manifest by its digest, and skip the second request
 * if they have the manifest. Only a body is counted, so that a pull with both requests counts once.
 * @param got the part that the client got: the headers alone, or the body too.
 */
export function notePull(
  { pullTimes, pullCounts }: Stores,
  grant: Grant,
  manifest: FoundManifest,
  { got, client }: { readonly got: PullKind; readonly client: string },
): void {
  if (manifest.pullIsDue) pullTimes.note(grant, manifest);
  const { tag, digest, size } = manifest;
  if (got === "body") pullCounts.count({ name: grant.name, tag, digest, size, client });
}

/** Lists a page of the repository's tags. Throws NAME_UNKNOWN. */
export async function listTags(stores: Stores, grant: Grant, page: PageRequest): Promise<Page<string>> {
  const tags = await stores.tags.list(grant, page);
  if (tags === null) throw new RegistryError("NAME_UNKNOWN", { detail: { name: grant.name.full } });
  return tags;
}

/**
 * Lists a page of the manifests that refer to the subject, with all their annotations. A damaged manifest is listed
 * without annotations.
 */
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
  const { digest, size, mediaType, longBody } = referrer;
  const bytes = await readLong(stores, { digest, key: longBody, size });
  return typeof bytes === "string"
    ? referrer
    : { ...referrer, annotations: parseManifest(bytes, mediaType).annotations };
}

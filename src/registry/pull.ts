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

/** What a pull asks for. */
export type PullKind = "headers" | "body";

/** The blob, if the repository has it whole. Throws BLOB_UNKNOWN. */
export async function findBlob(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  return wholeBlob(digest, await stores.blobs.find(grant, digest));
}

/** Likewise for whoever reads it now: by what is remembered here, if it is. */
export async function findBlobToRead(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  const remembered = await stores.memory.blob(grant, digest);
  if (remembered !== null) return remembered;
  const blob = wholeBlob(digest, await stores.blobs.findToRead(grant, digest));
  stores.memory.keepBlob(grant, blob);
  return blob;
}

/** Like {@link findBlob}, for looking: nothing is kept or remembered for it. */
export async function lookAtBlob(stores: Stores, grant: Grant, digest: Digest): Promise<StoredBlob> {
  return wholeBlob(digest, await stores.blobs.look(grant, digest));
}

function wholeBlob(digest: Digest, blob: StoredBlob | Damaged | null): StoredBlob {
  if (blob === null) throw new RegistryError("BLOB_UNKNOWN", { detail: { digest } });
  if ("damage" in blob) throw damagedBlob(blob);
  return blob;
}

/**
 * The blob's bytes, or a part of them. What is remembered here may be older than a push elsewhere that mended it: where bytes
 * are lacking, the database is asked for others. Throws BLOB_UNKNOWN where they are gone, or not as many as they should be.
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
 * The manifest of a tag or digest. Throws MANIFEST_UNKNOWN, for a malformed reference too: nothing can be there.
 * `asked`: for its headers, which must tell what is there now, or to read it: by what is remembered here, if its digest is.
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
  // A pull goes on with the blobs, and containerd's begins with the headers.
  stores.memory.keepManifest(grant, manifest, () => stores.bytes.warm(manifest.blobs));
  return manifest;
}

/** Like {@link findManifest}, for looking: it is no pull, keeps nothing that retention would take, and nothing is remembered for it. */
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

/** The exact bytes as pushed; of others than are remembered here, as {@link readBlob} has it. Throws MANIFEST_UNKNOWN where they are gone, or others. */
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

/** A manifest of the length that is kept in R2: 4 MiB at most, so it is compared with its digest before it is used. */
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
 * Remembers that the manifest was pulled, once it is answered. `got`: its headers, or its body too.
 *
 * Who asks for the headers pulls as well: docker and containerd ask for those of a tag, then for the manifest by its
 * digest, and not even for that when they have it. Counted is only the body, else such a pull would count twice.
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

/** A page of the repository's tags. Throws NAME_UNKNOWN. */
export async function listTags(stores: Stores, grant: Grant, page: PageRequest): Promise<Page<string>> {
  const tags = await stores.tags.list(grant, page);
  if (tags === null) throw new RegistryError("NAME_UNKNOWN", { detail: { name: grant.name.full } });
  return tags;
}

/** A page of what refers to the subject, with all annotations; without those of a manifest that is damaged. */
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

import type { Grant } from "../auth/grant.ts";
import { type Digest, digestAlgorithm } from "../oci/digest.ts";
import { digestBytes } from "../oci/digest-bytes.ts";
import { type ErrorKind, RegistryError } from "../oci/errors.ts";
import { decodeManifest, type Manifest, type ManifestReference, parseManifest } from "../oci/manifest.ts";
import type { Reference, Tag } from "../oci/reference.ts";
import { discardIfRefused, freshKey } from "./fresh-key.ts";
import type { StoredManifest, Stores } from "./stores.ts";
import type { Usage } from "./usage.ts";
import { preconditionFailed, type WriteCondition } from "./write-condition.ts";

/**
 * Longest body, in bytes, that a row holds. A row of D1 may have 2,000,000 bytes, annotations included; longer bodies
 * go to R2.
 */
const MAX_ROW_BODY = 900_000;

export interface ManifestUpload {
  readonly bytes: Uint8Array;
  readonly contentType: string | null;
  readonly reference: Reference;
  /** Tags beside the reference, from `?tag=`. */
  readonly tags: readonly Tag[];
  /** Condition on what is there before the push; null: none. */
  readonly condition: WriteCondition | null;
}

export interface PushedManifest {
  readonly digest: Digest;
  readonly subject: Digest | null;
  readonly tags: readonly Tag[];
  /** The space's usage after the push. */
  readonly usage: Usage;
}

/**
 * Keeps a manifest and points tags to it (distribution spec, "Pushing Manifests"). The repository must have all that
 * the manifest refers to, in the sizes that the manifest states, so that every tag can be pulled. Throws
 * MANIFEST_INVALID, DIGEST_MISMATCH, PRECONDITION_FAILED, MANIFEST_BLOB_UNKNOWN, SIZE_INVALID, NAME_UNKNOWN,
 * SPACE_FULL, REPOSITORIES_FULL.
 */
export async function pushManifest(stores: Stores, grant: Grant, upload: ManifestUpload): Promise<PushedManifest> {
  const { bytes, contentType, reference } = upload;
  const manifest = parseManifest(bytes, contentType);
  const digest = await manifestDigest(bytes, reference);
  const content = await storeContent(stores, grant, { bytes, digest, manifest });
  const stored: StoredManifest = { digest, mediaType: manifest.mediaType, size: bytes.length, content };
  const tags = "tag" in reference ? [...new Set([reference.tag, ...upload.tags])] : [...new Set(upload.tags)];
  const commit = stores.manifests
    .commit(grant, { stored, manifest, tags, condition: upload.condition })
    .catch((fault: unknown) => explainFault(stores, grant, manifest, upload.condition, fault));
  const { kept, usage } = await ("key" in content ? discardIfRefused(stores.bytes, content.key, commit) : commit);
  if ("key" in content && !(kept !== null && "key" in kept.content && kept.content.key === content.key)) {
    stores.bytes.discard(content.key);
  }
  if (kept === null) {
    throw new RegistryError("NAME_UNKNOWN", {
      message: "the space or repository was deleted during the push; push again to recreate the repository",
    });
  }
  return { digest, subject: manifest.subject, tags, usage };
}

async function manifestDigest(bytes: Uint8Array, reference: Reference): Promise<Digest> {
  const algorithm = "digest" in reference ? digestAlgorithm(reference.digest) : "sha256";
  const digest = await digestBytes(algorithm, bytes);
  if ("digest" in reference && reference.digest !== digest) {
    throw new RegistryError("DIGEST_MISMATCH", { detail: { expected: reference.digest, actual: digest } });
  }
  return digest;
}

/**
 * Number of references to look up first. If a manifest has many more than any image, these must be there before any
 * work is done on the rest.
 */
const FIRST_LOOK = 500;

/**
 * Checks that the repository has the references as the manifest states them. Throws MANIFEST_BLOB_UNKNOWN,
 * SIZE_INVALID.
 */
async function requireThere(stores: Stores, grant: Grant, references: readonly ManifestReference[]): Promise<void> {
  const problems = await stores.manifests.check(grant, references);
  const missing = problems.filter((problem) => problem.actualSize === null);
  if (missing.length > 0) {
    throw new RegistryError("MANIFEST_BLOB_UNKNOWN", { detail: { missing: missing.map(({ digest }) => digest) } });
  }
  const [wrong] = problems;
  if (wrong === undefined) return;
  const claimed = references.find(({ digest }) => digest === wrong.digest)?.size;
  throw new RegistryError("SIZE_INVALID", {
    message: `the manifest gives ${wrong.digest} the size ${claimed}, but its size is ${wrong.actualSize}; correct the manifest and push it again`,
    detail: { digest: wrong.digest, size: wrong.actualSize },
  });
}

/**
 * Stores the body if it is too long for a row. The commit checks the references of a shorter one. Those of a long one
 * are checked here first, so that the bucket gets nothing that the commit would refuse.
 */
async function storeContent(
  stores: Stores,
  grant: Grant,
  { bytes, digest, manifest }: { readonly bytes: Uint8Array; readonly digest: Digest; readonly manifest: Manifest },
): Promise<StoredManifest["content"]> {
  const { references } = manifest;
  if (references.length > FIRST_LOOK) await requireThere(stores, grant, references.slice(0, FIRST_LOOK));
  if (bytes.length <= MAX_ROW_BODY) return { body: decodeManifest(bytes) };
  await requireThere(stores, grant, references);
  const key = freshKey("manifests");
  await stores.bytes.put(key, bytes, digest);
  return { key };
}

/** Errors of a commit that may hide missing content: the database reports the one that it meets first. */
const MAY_LACK: ReadonlySet<string> = new Set<ErrorKind>(["MANIFEST_BLOB_UNKNOWN", "SPACE_FULL", "REPOSITORIES_FULL"]);

/** Throws the error for missing content if any is missing, and otherwise the fault itself. */
async function explainFault(
  stores: Stores,
  grant: Grant,
  manifest: Manifest,
  condition: WriteCondition | null,
  fault: unknown,
): Promise<never> {
  if (condition !== null && fault instanceof RegistryError && fault.kind === "PRECONDITION_FAILED") {
    throw preconditionFailed(condition, fault);
  }
  if (fault instanceof RegistryError && MAY_LACK.has(fault.kind)) {
    await requireThere(stores, grant, manifest.references);
  }
  throw fault;
}

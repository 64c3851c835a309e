import type { Grant } from "../auth/grant.ts";
import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseReference } from "../oci/reference.ts";
import type { Stores } from "./stores.ts";
import { requireCondition, type WriteCondition } from "./write-condition.ts";

/**
 * Takes a blob out of the repository; other repositories that link it keep it. A blob that a manifest needs stays,
 * since tagged content must be whole. Throws BLOB_UNKNOWN, PRECONDITION_FAILED, UNSUPPORTED.
 */
export async function deleteBlob(
  stores: Stores,
  grant: Grant,
  digest: Digest,
  condition: WriteCondition | null,
): Promise<void> {
  await requireCondition(condition, digest, () => stores.blobs.look(grant, digest));
  const outcome = await stores.blobs.unlink(grant, digest);
  if (outcome === "absent") throw new RegistryError("BLOB_UNKNOWN", { detail: { digest } });
  if (outcome === "referenced") throw stillNeeded("a manifest of this repository needs this blob");
  await stores.memory.forget(grant.name, digest);
}

/**
 * Deletes a tag, or a manifest with all its tags. Throws MANIFEST_UNKNOWN, PRECONDITION_FAILED; UNSUPPORTED for a
 * manifest that an index needs.
 */
export async function deleteManifest(
  stores: Stores,
  grant: Grant,
  referenceText: string,
  condition: WriteCondition | null,
): Promise<void> {
  const reference = parseReference(referenceText);
  if (reference !== null && "digest" in reference) {
    await requireCondition(condition, reference.digest, () => stores.manifests.look(grant, reference));
  }
  const outcome = reference === null ? "absent" : await stores.manifests.delete(grant, reference, condition);
  if (outcome === "absent") {
    throw new RegistryError("MANIFEST_UNKNOWN", { detail: { reference: referenceText.slice(0, 256) } });
  }
  if (outcome === "referenced") throw stillNeeded("an index of this repository needs this manifest");
  if (reference !== null && "digest" in reference) await stores.memory.forget(grant.name, reference.digest);
}

/** Returns UNSUPPORTED: the spec answers a deletion that is not permitted with 405 (end-9, end-10). */
function stillNeeded(reason: string): RegistryError {
  return new RegistryError("UNSUPPORTED", { message: `${reason}; delete that first` });
}

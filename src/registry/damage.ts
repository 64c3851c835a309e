import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";

/** What can be wrong with an object in R2: it is gone, or its bytes are others than its digest says. */
export const DAMAGES = ["missing", "corrupt"] as const;

export type Damage = (typeof DAMAGES)[number];

/** Content that has its row, but is quarantined: it is as good as absent until it is pushed again. */
export interface Damaged {
  readonly digest: Digest;
  readonly damage: Damage;
}

/** BLOB_UNKNOWN: whoever pushes the blob, to any repository, mends it in all. */
export function damagedBlob({ digest, damage }: Damaged): RegistryError {
  const message = `the registry's copy of this blob is ${damage}: push it again to repair it`;
  return new RegistryError("BLOB_UNKNOWN", { message, detail: { digest, damage } });
}

/** MANIFEST_UNKNOWN: a push to the same repository mends it. */
export function damagedManifest({ digest, damage }: Damaged): RegistryError {
  const message = `the registry's copy of this manifest is ${damage}: push it to this repository again to repair it`;
  return new RegistryError("MANIFEST_UNKNOWN", { message, detail: { digest, damage } });
}

import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";

/** Ways in which an object in R2 can be damaged: it is gone, or its bytes do not have its digest. */
export const DAMAGES = ["missing", "corrupt"] as const;

export type Damage = (typeof DAMAGES)[number];

/** Content that has a row but is quarantined. It counts as absent until it is pushed again. */
export interface Damaged {
  readonly digest: Digest;
  readonly damage: Damage;
}

/** Returns BLOB_UNKNOWN. A push of the blob to any repository repairs it in all of them. */
export function damagedBlob({ digest, damage }: Damaged): RegistryError {
  const message = `the registry's copy of this blob is ${damage}: push it again to repair it`;
  return new RegistryError("BLOB_UNKNOWN", { message, detail: { digest, damage } });
}

/** Returns MANIFEST_UNKNOWN. A push to the same repository repairs the manifest. */
export function damagedManifest({ digest, damage }: Damaged): RegistryError {
  const message = `the registry's copy of this manifest is ${damage}: push it to this repository again to repair it`;
  return new RegistryError("MANIFEST_UNKNOWN", { message, detail: { digest, damage } });
}

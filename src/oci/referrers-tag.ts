import { type Digest, digestAlgorithm, digestHex } from "./digest.ts";

/** Characters of a hash in a tag: a whole sha256, or the beginning of a sha512. */
const HASH_LENGTH = 64;

const NAMED_AFTER_A_DIGEST = /^(sha(?:256|512)-[0-9a-f]{64})(?:\..*)?$/s;

/**
 * Returns the tag that stands in for the list of a manifest's referrers (distribution spec, "Referrers Tag Schema"):
 * the algorithm and at most 64 characters of the hash. cosign's tags add `.sig`, `.att` or `.sbom` to it.
 */
export function referrersTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, HASH_LENGTH)}`;
}

/**
 * Finds the subject of a tag that is named after a digest, with or without a suffix. Returns the subject's
 * {@link referrersTag}, since the tag of a sha512 does not have the whole digest; null: any other tag.
 */
export function subjectOfTag(tag: string): string | null {
  return NAMED_AFTER_A_DIGEST.exec(tag)?.[1] ?? null;
}

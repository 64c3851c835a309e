/** SQL for the tags that are named after a digest (distribution spec, "Referrers Tag Schema"); see oci/referrers-tag.ts. */

/** Characters of the algorithm and the hash in such a tag: a hash has at most 64. */
const LENGTH = 71;

/** Returns an expression for the tag that stands in for the list of the digest's referrers. */
export function referrersTagOf(digest: string): string {
  return `replace(substr(${digest}, 1, ${LENGTH}), ':', '-')`;
}

/** Returns a condition: the tag is named after a digest, with or without a suffix. */
export function isNamedAfterDigest(tag: string): string {
  return `(
  (${tag} GLOB 'sha256-*' OR ${tag} GLOB 'sha512-*') AND length(${tag}) >= ${LENGTH}
  AND substr(${tag}, 8, 64) NOT GLOB '*[^0-9a-f]*' AND substr(${tag}, 72, 1) IN ('', '.'))`;
}

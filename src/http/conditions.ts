import type { Digest } from "../oci/digest.ts";

/** Content is addressed by its digest, so that is its strong entity tag. */
export function entityTag(digest: Digest): string {
  return `"${digest}"`;
}

/** Whether the client has the content already (RFC 9110, 13.1.2; compared weakly, as it says). */
export function isUnmodified(request: Request, digest: Digest): boolean {
  const header = request.headers.get("If-None-Match");
  if (header === null) return false;
  const tags = new Set(header.split(",").map((tag) => tag.trim().replace(/^W\//, "")));
  return tags.has("*") || tags.has(entityTag(digest));
}

/** The Range header, unless If-Range says that it is meant for other content (RFC 9110, 13.1.5). */
export function applicableRange(request: Request, digest: Digest): string | null {
  const condition = request.headers.get("If-Range");
  return condition === null || condition === entityTag(digest) ? request.headers.get("Range") : null;
}

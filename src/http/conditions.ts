import type { Digest } from "../oci/digest.ts";
import type { WriteCondition } from "../registry/write-condition.ts";

/** Of what is addressed by its digest: whoever may read it may keep it for themselves. A shared cache would give it to others. */
export const IMMUTABLE = "private, max-age=31536000, immutable";

/** Content is addressed by its digest, so that is its strong entity tag. */
export function entityTag(digest: Digest): string {
  return `"${digest}"`;
}

/** True if the client has the content already (RFC 9110, 13.1.2; compared weakly, as it says). */
export function isUnmodified(request: Request, digest: Digest): boolean {
  const header = request.headers.get("If-None-Match");
  if (header === null) return false;
  const tags = new Set(header.split(",").map((tag) => tag.trim().replace(/^W\//, "")));
  return tags.has("*") || tags.has(entityTag(digest));
}

/** An entity tag that compares strongly (RFC 9110, 8.8.3). */
const STRONG_TAG = /^"([^"]*)"$/;

/** Around what an entity tag was meant to be, however it is written. */
const AROUND_TAG = /^(?:W\/)?"?|"$/gi;

/**
 * What a write asks of what is there (RFC 9110, 13.1.1 and 13.1.2); null: nothing. If-Match compares strongly, so a weak tag, or text that is
 * none, fits nothing; If-None-Match compares weakly, and takes the digest without its quotes as what it was meant to be, and an asterisk among
 * others as all there is. Either way, what is not understood writes nothing that was not to be written. A header that was sent twice is a list.
 */
export function writeCondition({ headers }: Request): WriteCondition | null {
  const match = headers.get("If-Match");
  const noneMatch = headers.get("If-None-Match");
  if (match === null && noneMatch === null) return null;
  return {
    match: match === null ? null : matchedBy(listed(match)),
    noneMatch: noneMatch === null ? [] : excludedBy(listed(noneMatch)),
  };
}

function listed(header: string): readonly string[] {
  return header.split(",").map((one) => one.trim());
}

function matchedBy(tags: readonly string[]): readonly string[] {
  if (tags.every((tag) => tag === "*")) return ["*"];
  return tags.flatMap((tag) => STRONG_TAG.exec(tag)?.[1] ?? []).filter((text) => text !== "*");
}

function excludedBy(tags: readonly string[]): readonly string[] {
  if (tags.includes("*")) return ["*"];
  return tags.map((tag) => tag.replaceAll(AROUND_TAG, "")).filter((text) => text !== "*");
}

/** The Range header, unless If-Range says that it is meant for other content (RFC 9110, 13.1.5). */
export function applicableRange(request: Request, digest: Digest): string | null {
  const condition = request.headers.get("If-Range");
  return condition === null || condition === entityTag(digest) ? request.headers.get("Range") : null;
}

import type { Digest } from "../oci/digest.ts";
import type { WriteCondition } from "../registry/write-condition.ts";

/**
 * Cache-Control of content that is addressed by its digest. A client may keep it for itself; a shared cache would give
 * it to others.
 */
export const IMMUTABLE = "private, max-age=31536000, immutable";

/** Returns the strong entity tag of content: its digest, which is its address too. */
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

/** Matches the marks around the text of an entity tag, however the tag is written. */
const AROUND_TAG = /^(?:W\/)?"?|"$/gi;

/**
 * Reads a write's condition on what is there (RFC 9110, 13.1.1 and 13.1.2); null: none. If-Match compares strongly, so
 * a weak tag, or a text that is no tag, matches nothing. If-None-Match compares weakly. It takes a digest without
 * quotes as that digest, and an asterisk among other tags as any digest. So a header that is not understood never
 * permits a write. A header that was sent twice is one list.
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

/** Returns the Range header, unless If-Range names other content (RFC 9110, 13.1.5). */
export function applicableRange(request: Request, digest: Digest): string | null {
  const condition = request.headers.get("If-Range");
  return condition === null || condition === entityTag(digest) ? request.headers.get("Range") : null;
}

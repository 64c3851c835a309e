import type { Digest } from "../oci/digest.ts";
import type { WriteCondition } from "../registry/write-condition.ts";

/** Of what is addressed by its digest: whoever may read it may keep it for themselves. A shared cache would give it to others. */
export const IMMUTABLE = "private, max-age=31536000, immutable";

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

/** An entity tag in a list of some (RFC 9110, 8.8.3), weak or not. */
const ENTITY_TAG = /^(W\/)?"([^"]*)"$/;

/**
 * What a write asks of what is there (RFC 9110, 13.1.1 and 13.1.2); null: nothing. If-Match compares strongly, so a weak tag, or text that is
 * none, fits nothing; If-None-Match compares weakly, and takes the digest without its quotes as what it was meant to be. Either way, what is not understood writes nothing that
 * was not to be written.
 */
export function writeCondition({ headers }: Request): WriteCondition | null {
  const match = headers.get("If-Match");
  const noneMatch = headers.get("If-None-Match");
  if (match === null && noneMatch === null) return null;
  return {
    match: match === null ? null : entityTags(match).flatMap(({ text, kind }) => (kind === "strong" ? [text] : [])),
    noneMatch: noneMatch === null ? [] : entityTags(noneMatch).map(({ text }) => text),
  };
}

interface ListedTag {
  readonly text: string;
  readonly kind: "strong" | "weak" | "bare";
}

function entityTags(header: string): readonly ListedTag[] {
  if (header.trim() === "*") return [{ text: "*", kind: "strong" }];
  return header
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "*" && one !== '"*"')
    .map((one): ListedTag => {
      const [, weak, text] = ENTITY_TAG.exec(one) ?? [];
      if (text === undefined) return { text: one, kind: "bare" };
      return { text, kind: weak === undefined ? "strong" : "weak" };
    });
}

/** The Range header, unless If-Range says that it is meant for other content (RFC 9110, 13.1.5). */
export function applicableRange(request: Request, digest: Digest): string | null {
  const condition = request.headers.get("If-Range");
  return condition === null || condition === entityTag(digest) ? request.headers.get("Range") : null;
}

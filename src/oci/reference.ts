import { type Digest, parseDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";

declare const tagBrand: unique symbol;

/** A tag (distribution spec, "Pulling manifests"); only made by {@link parseTag}. */
export type Tag = string & { readonly [tagBrand]: true };

/** What a manifest is addressed by. */
export type Reference = { readonly tag: Tag } | { readonly digest: Digest };

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function parseTag(text: string): Tag | null {
  return isTag(text) ? text : null;
}

function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/** The text as a tag. Throws TAG_INVALID. */
export function requireTag(text: string): Tag {
  const tag = parseTag(text);
  if (tag === null) throw new RegistryError("TAG_INVALID", { detail: { tag: text.slice(0, 256) } });
  return tag;
}

/** The text as a reference, or null. A colon cannot be in a tag, so it decides. */
export function parseReference(text: string): Reference | null {
  if (text.includes(":")) {
    const digest = parseDigest(text);
    return digest === null ? null : { digest };
  }
  const tag = parseTag(text);
  return tag === null ? null : { tag };
}

/** The text as a reference. Throws DIGEST_INVALID or TAG_INVALID, by what it looks like. */
export function requireReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference !== null) return reference;
  throw text.includes(":")
    ? new RegistryError("DIGEST_INVALID", { detail: { digest: text.slice(0, 256) } })
    : new RegistryError("TAG_INVALID", { detail: { tag: text.slice(0, 256) } });
}

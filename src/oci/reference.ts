import { type Digest, parseDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";

declare const tagBrand: unique symbol;

/** A tag (distribution spec, "Pulling manifests"). Only {@link parseTag} makes one. */
export type Tag = string & { readonly [tagBrand]: true };

/** The address of a manifest: a tag or a digest. */
export type Reference = { readonly tag: Tag } | { readonly digest: Digest };

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function parseTag(text: string): Tag | null {
  return isTag(text) ? text : null;
}

function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/** Parses a tag. Throws TAG_INVALID. */
export function requireTag(text: string): Tag {
  const tag = parseTag(text);
  if (tag === null) throw new RegistryError("TAG_INVALID", { detail: { tag: text.slice(0, 256) } });
  return tag;
}

/** Parses a reference; null: it is malformed. A tag cannot have a colon, so a text with one is a digest. */
export function parseReference(text: string): Reference | null {
  if (text.includes(":")) {
    const digest = parseDigest(text);
    return digest === null ? null : { digest };
  }
  const tag = parseTag(text);
  return tag === null ? null : { tag };
}

/** Parses a reference. Throws DIGEST_INVALID for a text with a colon and TAG_INVALID for any other. */
export function requireReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference !== null) return reference;
  throw text.includes(":")
    ? new RegistryError("DIGEST_INVALID", { detail: { digest: text.slice(0, 256) } })
    : new RegistryError("TAG_INVALID", { detail: { tag: text.slice(0, 256) } });
}

import { RegistryError } from "./errors.ts";

declare const digestBrand: unique symbol;

/** A digest: `sha256:<hex>` or `sha512:<hex>` (image spec, "Digests"). Only {@link parseDigest} makes one. */
export type Digest = string & { readonly [digestBrand]: true };

/** The registered algorithms, with the length of their hashes in hexadecimal. */
export const DIGEST_ALGORITHMS = {
  sha256: { hexLength: 64, webCrypto: "SHA-256" },
  sha512: { hexLength: 128, webCrypto: "SHA-512" },
} as const;

export type DigestAlgorithm = keyof typeof DIGEST_ALGORITHMS;

const HEX = /^[0-9a-f]+$/;

/** Parses the name of an algorithm; null: this registry does not compute it. */
export function parseDigestAlgorithm(text: string): DigestAlgorithm | null {
  return text === "sha256" || text === "sha512" ? text : null;
}

/** Parses a digest; null: the text is malformed, or its algorithm unknown. */
export function parseDigest(text: string): Digest | null {
  return isDigest(text) ? text : null;
}

function isDigest(text: string): text is Digest {
  const colon = text.indexOf(":");
  const algorithm = parseDigestAlgorithm(text.slice(0, Math.max(colon, 0)));
  const hex = text.slice(colon + 1);
  return algorithm !== null && hex.length === DIGEST_ALGORITHMS[algorithm].hexLength && HEX.test(hex);
}

/** Parses a digest. Throws DIGEST_INVALID. */
export function requireDigest(text: string | null): Digest {
  const digest = text === null ? null : parseDigest(text);
  if (digest === null) {
    throw new RegistryError("DIGEST_INVALID", { detail: { digest: text } });
  }
  return digest;
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/**
 * Builds a digest from an algorithm and the hash in hexadecimal. Throws an ordinary Error if they do not fit, since
 * that is a bug.
 */
export function makeDigest(algorithm: DigestAlgorithm, hex: string): Digest {
  const digest = parseDigest(`${algorithm}:${hex}`);
  if (digest === null) throw new TypeError(`not a ${algorithm} hash: ${hex}`);
  return digest;
}

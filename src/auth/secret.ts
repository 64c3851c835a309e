import { crc32 } from "node:zlib";

/**
 * A credential's secret: `sdt_`, 160 random bits, and a checksum, all hexadecimal. The prefix lets secret scanners find
 * it; the checksum exposes a mistyped or foreign password without a look at the database.
 */
const PREFIX = "sdt_";
const RANDOM_BYTES = 20;
const SECRET = /^sdt_([0-9a-f]{40})([0-9a-f]{8})$/;

export function generateSecret(): string {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex();
  return PREFIX + random + checksum(random);
}

/** True if the text has the form that {@link generateSecret} makes. */
export function isSecret(text: string): boolean {
  const [, random, sum] = SECRET.exec(text) ?? [];
  return random !== undefined && checksum(random) === sum;
}

function checksum(random: string): string {
  return crc32(PREFIX + random)
    .toString(16)
    .padStart(8, "0");
}

/** Returns the hash under which a secret is stored. Its 160 random bits make a slow or salted hash needless. */
export async function hashSecret(secret: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return new Uint8Array(hash).toHex();
}

/** Compares two secrets by their hashes, so that the time it takes reveals nothing about them. */
export async function equalSecrets(left: string, right: string): Promise<boolean> {
  return (await hashSecret(left)) === (await hashSecret(right));
}

/** Makes a public identifier of 96 random bits, like `tok_3f…`. */
export function generateId(prefix: string): string {
  return `${prefix}_${crypto.getRandomValues(new Uint8Array(12)).toHex()}`;
}

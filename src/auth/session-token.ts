import { parseDigestAlgorithm, type DigestAlgorithm } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Grant } from "./grant.ts";
import type { SigningKeys } from "./keys.ts";

/** Days; under the 7 after which R2 drops an open multipart upload by itself. */
const SESSION_LIFETIME_DAYS = 6;

/**
 * What an upload session is before its first byte: no more than its address. The address is marked with a
 * MAC over these terms, the repository's name and the uploader, so that starting an upload writes nothing,
 * and the session is of no use in another repository or to anybody else (CVE-2026-32589).
 */
export interface SessionTerms {
  /** 128 random bits, hexadecimal; names the Durable Object. */
  readonly id: string;
  readonly spaceId: number;
  /** What the running hash computes; another may still be named at the end, at the price of reading back. */
  readonly algorithm: DigestAlgorithm;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Bytes that the space had room for when the upload began; null: any number. */
  readonly room: number | null;
}

/** `<id>-<space>-<algorithm>-<expiry>[-<room>]-<mac>`: letters, digits and dashes only, since clients append to it and may escape what else they find. */
const SESSION_TOKEN = /^([0-9a-f]{32})-(\d{1,15})-(sha\d{3})-(\d{1,15})(?:-(\d{1,16}))?-([0-9a-f]{64})$/;

export function newSessionTerms(
  { spaceId, algorithm, room }: Pick<SessionTerms, "spaceId" | "algorithm" | "room">,
  now: Date,
): SessionTerms {
  return {
    id: crypto.getRandomValues(new Uint8Array(16)).toHex(),
    spaceId,
    algorithm,
    expiresAt: now.getTime() + SESSION_LIFETIME_DAYS * 86_400_000,
    room,
  };
}

export async function signSession(keys: SigningKeys, grant: Grant, terms: SessionTerms): Promise<string> {
  const [key] = keys.sessionKeys;
  if (key === undefined) throw new TypeError("no session key");
  const mac = await crypto.subtle.sign("HMAC", key, signedBytes(grant, terms));
  return `${termsText(terms)}-${new Uint8Array(mac).toHex()}`;
}

/** The terms of the session at this address. Throws BLOB_UPLOAD_UNKNOWN for any but the uploader's own, in this repository. */
export async function verifySession(keys: SigningKeys, grant: Grant, token: string, now: Date): Promise<SessionTerms> {
  const [, id = "", space, algorithmName = "", expiry, roomText, mac = ""] = SESSION_TOKEN.exec(token) ?? [];
  const algorithm = parseDigestAlgorithm(algorithmName);
  if (algorithm === null) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  const room = roomText === undefined ? null : Number(roomText);
  const terms: SessionTerms = { id, spaceId: Number(space), algorithm, expiresAt: Number(expiry), room };
  const bytes = signedBytes(grant, terms);
  const marks = keys.sessionKeys.map((key) => crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(mac), bytes));
  const genuine = (await Promise.all(marks)).includes(true);
  const usable = terms.expiresAt > now.getTime() && (grant.spaceId === null || grant.spaceId === terms.spaceId);
  if (!genuine || !usable) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return terms;
}

function signedBytes(grant: Grant, terms: SessionTerms): Uint8Array {
  return new TextEncoder().encode(`${termsText(terms)}\n${grant.name.full}\n${grant.subject}`);
}

function termsText(terms: SessionTerms): string {
  const room = terms.room === null ? "" : `-${terms.room}`;
  return `${terms.id}-${terms.spaceId}-${terms.algorithm}-${terms.expiresAt}${room}`;
}

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
  /** The repository's id, if it existed: one that is made again under the name is another. */
  readonly repositoryId: number | null;
  /** What the running hash computes; another may still be named at the end, at the price of reading back. */
  readonly algorithm: DigestAlgorithm;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Bytes that the space had room for when the upload began; null: any number. */
  readonly room: number | null;
  /** When the database last confirmed that the uploader may go on, in milliseconds since the epoch. */
  readonly confirmedAt: number;
}

/**
 * `<id>-<space>[-r<repository>]-<algorithm>-<expiry>[-c<confirmed>][-<room>]-<mac>`: letters, digits and dashes only, since clients
 * append to it and may escape what else they find. Addresses that older versions gave have neither `r` nor `c`.
 */
const SESSION_TOKEN =
  /^(?<id>[0-9a-f]{32})-(?<space>\d{1,15})(?:-r(?<repository>\d{1,15}))?-(?<algorithm>sha\d{3})-(?<expiry>\d{1,15})(?:-c(?<confirmed>\d{1,15}))?(?:-(?<room>\d{1,16}))?-(?<mac>[0-9a-f]{64})$/;

/** Names a session that is about to begin. */
export function newSessionId(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

export function newSessionTerms(terms: Omit<SessionTerms, "expiresAt" | "confirmedAt">, now: Date): SessionTerms {
  return {
    ...terms,
    expiresAt: now.getTime() + SESSION_LIFETIME_DAYS * 86_400_000,
    confirmedAt: now.getTime(),
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
  const { id = "", mac = "", algorithm: algorithmName = "", ...fields } = SESSION_TOKEN.exec(token)?.groups ?? {};
  const algorithm = parseDigestAlgorithm(algorithmName);
  if (algorithm === null) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  const terms: SessionTerms = {
    id,
    spaceId: Number(fields["space"]),
    repositoryId: numberOrNull(fields["repository"]),
    algorithm,
    expiresAt: Number(fields["expiry"]),
    room: numberOrNull(fields["room"]),
    confirmedAt: Number(fields["confirmed"] ?? 0),
  };
  const bytes = signedBytes(grant, terms);
  const marks = keys.sessionKeys.map((key) => crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(mac), bytes));
  const genuine = (await Promise.all(marks)).includes(true);
  const isThere = isSame(grant.spaceId, terms.spaceId) && isSame(grant.repositoryId, terms.repositoryId);
  if (!genuine || !isThere || terms.expiresAt <= now.getTime()) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return terms;
}

function signedBytes(grant: Grant, terms: SessionTerms): Uint8Array {
  return new TextEncoder().encode(`${termsText(terms)}\n${grant.name.full}\n${grant.subject}`);
}

/** The grant for a session alone, which is of no use in another space or repository of the same name. */
export function grantWithin(grant: Grant, { spaceId, repositoryId }: SessionTerms): Grant {
  return { ...grant, spaceId, repositoryId: grant.repositoryId ?? repositoryId };
}

/** Null: it is not said which. */
function isSame(left: number | null, right: number | null): boolean {
  return left === null || right === null || left === right;
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function termsText({ id, spaceId, repositoryId, algorithm, expiresAt, confirmedAt, room }: SessionTerms): string {
  const fields = [
    id,
    spaceId,
    ...(repositoryId === null ? [] : [`r${repositoryId}`]),
    algorithm,
    expiresAt,
    ...(confirmedAt === 0 ? [] : [`c${confirmedAt}`]),
    ...(room === null ? [] : [room]),
  ];
  return fields.join("-");
}

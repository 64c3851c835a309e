import { parseDigestAlgorithm, type DigestAlgorithm } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Grant } from "./grant.ts";
import type { SigningKeys } from "./keys.ts";

/** Days. It is less than the 7 after which R2 drops an open multipart upload by itself. */
const SESSION_LIFETIME_DAYS = 6;

/**
 * The terms of an upload session, which are its whole state until its first byte: its address holds them. A MAC in the
 * address covers these terms, the repository's name and the uploader. So starting an upload writes nothing, and the
 * session is useless in another repository or to another uploader (CVE-2026-32589).
 */
export interface SessionTerms {
  /** 128 random bits, hexadecimal. They name the Durable Object. */
  readonly id: string;
  readonly spaceId: number;
  /** The repository's id, if it existed. A repository that is made again under the same name has another one. */
  readonly repositoryId: number | null;
  /** The algorithm of the running hash. A client may still name another at the end; the bytes are read back then. */
  readonly algorithm: DigestAlgorithm;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Bytes that the space had room for when the upload began; null: no limit. */
  readonly room: number | null;
  /** The time at which the database last confirmed that the uploader may go on, in milliseconds since the epoch. */
  readonly confirmedAt: number;
}

/**
 * `<id>-<space>[-r<repository>]-<algorithm>-<expiry>[-c<confirmed>][-<room>]-<mac>`: letters, digits and dashes only,
 * since clients append to the address and may escape other characters. Addresses of older versions have neither `r` nor
 * `c`.
 */
const SESSION_TOKEN =
  /^(?<id>[0-9a-f]{32})-(?<space>\d{1,15})(?:-r(?<repository>\d{1,15}))?-(?<algorithm>sha\d{3})-(?<expiry>\d{1,15})(?:-c(?<confirmed>\d{1,15}))?(?:-(?<room>\d{1,16}))?-(?<mac>[0-9a-f]{64})$/;

/** Makes the id of a new session. */
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

/**
 * Reads the terms of the session at this address. Throws BLOB_UPLOAD_UNKNOWN unless the session is the uploader's own,
 * in this repository.
 */
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

/** Narrows a grant to one session. It does not hold in another space or repository of the same name. */
export function grantWithin(grant: Grant, { spaceId, repositoryId }: SessionTerms): Grant {
  return { ...grant, spaceId, repositoryId: grant.repositoryId ?? repositoryId };
}

/** True if both are the same, or one of them is null: not stated. */
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

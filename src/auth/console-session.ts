import * as z from "zod";
import type { Credential } from "./credential.ts";
import type { SigningKeys } from "./keys.ts";
import { LEEWAY, signToken, stale, type TokenRealm, verifyToken } from "./tokens.ts";

/** Seconds: a working day. A session ends earlier if the credential expires earlier. */
const LIFETIME = 8 * 3600;

const TYPE = "console+jwt";

/** The subject of the installation's administrator; credentials have `tok_…`. */
const ADMINISTRATOR = "administrator";

const claims = z.object({ sub: z.string().min(1), exp: z.int(), mark: z.string().default("") });

/**
 * The session of a person who signed in to the console. It stands for a credential and works only while that is live.
 */
export interface ConsoleSession {
  /** Null: the installation's administrator. */
  readonly credentialId: string | null;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

interface SignedConsoleSession extends ConsoleSession {
  /** The value of the cookie. */
  readonly token: string;
  /** Seconds. */
  readonly lifetime: number;
}

/**
 * Signs a session for the console.
 * @param credential null: the installation's administrator, until ADMIN_TOKEN is changed.
 */
export async function signConsoleSession(
  keys: SigningKeys,
  realm: TokenRealm,
  adminToken: string,
  credential: Credential | null,
  now: Date,
): Promise<SignedConsoleSession> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const left = Math.floor((credential?.expiresAt ?? Number.POSITIVE_INFINITY) / 1000) - issuedAt;
  const lifetime = Math.min(LIFETIME, left);
  const payload = credential === null ? { mark: (await marks(keys, adminToken))[0] } : {};
  const subject = credential?.id ?? ADMINISTRATOR;
  const token = await signToken(keys, consoleOf(realm), payload, subject, TYPE, now, lifetime);
  return { token, lifetime, credentialId: credential?.id ?? null, expiresAt: issuedAt + lifetime };
}

/** Verifies the session in a cookie. Throws TOKEN_INVALID for any other text, and once ADMIN_TOKEN is changed. */
export async function verifyConsoleSession(
  keys: SigningKeys,
  realm: TokenRealm,
  adminToken: string,
  token: string,
): Promise<ConsoleSession> {
  const { payload } = await verifyToken(keys, consoleOf(realm), token, TYPE, LEEWAY);
  const { success, data } = claims.safeParse(payload);
  if (!success) throw stale();
  if (data.sub !== ADMINISTRATOR) return { credentialId: data.sub, expiresAt: data.exp };
  if (!(await marks(keys, adminToken)).includes(data.mark)) throw stale();
  return { credentialId: null, expiresAt: data.exp };
}

/** Returns an audience of its own, so that no other token of ours passes for a session. */
function consoleOf({ issuer, service }: TokenRealm): TokenRealm {
  return { issuer, service: `${service}/console` };
}

/**
 * Makes marks that tell one ADMIN_TOKEN from another and reveal nothing of it: one for each signing key, the current
 * key's first.
 */
function marks({ sessionKeys }: SigningKeys, adminToken: string): Promise<readonly string[]> {
  const text = new TextEncoder().encode(`spacedock console administrator ${adminToken}`);
  return Promise.all(
    sessionKeys.map(async (key) => new Uint8Array(await crypto.subtle.sign("HMAC", key, text)).toHex()),
  );
}

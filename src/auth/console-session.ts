import { z } from "zod";
import type { Credential } from "./credential.ts";
import type { SigningKeys } from "./keys.ts";
import { LEEWAY, signToken, stale, type TokenRealm, verifyToken } from "./tokens.ts";

/** Seconds: a working day. Or until the credential expires, if that is sooner. */
const LIFETIME = 8 * 3600;

const TYPE = "console+jwt";

/** The subject of the installation's administrator; credentials have `tok_…`. */
const ADMINISTRATOR = "administrator";

const claims = z.object({ sub: z.string().min(1), exp: z.int(), mark: z.string().default("") });

/** Somebody who signed in to the console. It stands for a credential, is not one, and is of use only while that lives. */
export interface ConsoleSession {
  /** Null: the installation's administrator. */
  readonly credentialId: string | null;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

interface SignedConsoleSession extends ConsoleSession {
  /** What goes into the cookie. */
  readonly token: string;
  /** Seconds. */
  readonly lifetime: number;
}

/** @param credential null: the installation's administrator, for as long as ADMIN_TOKEN stays what it is. */
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

/** The session that a cookie holds. Throws TOKEN_INVALID for any other text, and once ADMIN_TOKEN is another. */
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

/** An audience of its own, so that no other token of ours passes for a session. */
function consoleOf({ issuer, service }: TokenRealm): TokenRealm {
  return { issuer, service: `${service}/console` };
}

/** Tell one ADMIN_TOKEN from another without giving anything away of it: one mark a signing key, the current one's first. */
function marks({ sessionKeys }: SigningKeys, adminToken: string): Promise<readonly string[]> {
  const text = new TextEncoder().encode(`spacedock console administrator ${adminToken}`);
  return Promise.all(
    sessionKeys.map(async (key) => new Uint8Array(await crypto.subtle.sign("HMAC", key, text)).toHex()),
  );
}

import { errors, jwtVerify, type JWTVerifyResult, SignJWT } from "jose";
import * as z from "zod";
import { RegistryError } from "../oci/errors.ts";
import { type AccessClaims, accessClaims } from "./claims.ts";
import type { Credential } from "./credential.ts";
import { SIGNING_ALGORITHM, type SigningKeys } from "./keys.ts";
import { noteVerified, recallVerified } from "./verified-tokens.ts";

/**
 * Seconds. It is short, since no store is asked and so a stolen token cannot be called back. Clients renew it by
 * themselves.
 */
export const ACCESS_TOKEN_LIFETIME = 300;

/**
 * Two kinds of token (a third is in console-session.ts). The header's `typ` tells them apart, so that none passes for
 * another.
 */
const ACCESS_TYPE = "at+jwt";
const REFRESH_TYPE = "rt+jwt";

/** Seconds by which clocks may differ. */
export const LEEWAY = 30;

/**
 * Seconds: as long as a session may lie idle. A chunk of a long upload may come after the token that began it has
 * expired.
 */
export const SESSION_LEEWAY = 86_400;

/** The origin and the audience of tokens. Both follow from the registry's address. */
export interface TokenRealm {
  /** The registry's address, like `https://registry.example.com`. */
  readonly issuer: string;
  /** The host and port that clients use. */
  readonly service: string;
}

const verifiedClaims = accessClaims.extend({ nbf: z.number(), exp: z.number() });
const refreshClaims = z.object({ sub: z.string().min(1) });

export function signAccessToken(
  keys: SigningKeys,
  realm: TokenRealm,
  claims: AccessClaims,
  now: Date,
): Promise<string> {
  return signToken(keys, realm, { access: claims.access }, claims.sub, ACCESS_TYPE, now, ACCESS_TOKEN_LIFETIME);
}

/**
 * Signs a refresh token. It stands for a credential in the registry API while the credential is live, and gives no
 * right to manage.
 * @param expiresAt milliseconds since the epoch; null: the credential does not expire.
 */
export function signRefreshToken(
  keys: SigningKeys,
  realm: TokenRealm,
  { id, expiresAt }: Pick<Credential, "id" | "expiresAt">,
  now: Date,
): Promise<string> {
  const lifetime = expiresAt === null ? null : Math.ceil((expiresAt - now.getTime()) / 1000);
  return signToken(keys, realm, {}, id, REFRESH_TYPE, now, lifetime);
}

/**
 * True if the text has the form of a signed token, genuine or not: three parts, of which the first is a JSON object in
 * base64.
 */
export function isToken(text: string): boolean {
  return /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(text);
}

/**
 * Reads the claims of an access token, at most `leeway` seconds after its end. Throws TOKEN_INVALID for any other text.
 */
export async function verifyAccessToken(
  keys: SigningKeys,
  realm: TokenRealm,
  token: string,
  leeway = LEEWAY,
): Promise<AccessClaims> {
  const address = `${realm.issuer} ${realm.service}`;
  const known = recallVerified(keys, address, token, leeway, Date.now() / 1000);
  if (known !== null) return known;
  const { payload } = await verifyToken(keys, realm, token, ACCESS_TYPE, leeway);
  const found = verifiedClaims.safeParse(payload);
  if (!found.success) throw stale();
  const { nbf: notBefore, exp: expiresAt, ...claims } = found.data;
  noteVerified(keys, address, token, { claims, notBefore, expiresAt });
  return claims;
}

/**
 * Reads the credential's id from a refresh token. The token's own end does not count, since earlier versions gave
 * tokens a shorter life than their credential; the caller asks if the credential is live. Throws TOKEN_INVALID for any
 * other text.
 */
export async function verifyRefreshToken(keys: SigningKeys, realm: TokenRealm, token: string): Promise<string> {
  const { payload } = await verifyToken(keys, realm, token, REFRESH_TYPE, Number.MAX_SAFE_INTEGER);
  const claims = refreshClaims.safeParse(payload);
  if (!claims.success) throw stale();
  return claims.data.sub;
}

/**
 * Signs a token of this kind for the realm's service.
 * @param lifetime seconds; null: without end.
 */
export async function signToken(
  keys: SigningKeys,
  realm: TokenRealm,
  payload: Record<string, unknown>,
  subject: string,
  typ: string,
  now: Date,
  lifetime: number | null,
): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const token = new SignJWT(payload)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keys.current.kid, typ })
    .setIssuer(realm.issuer)
    .setAudience(realm.service)
    .setSubject(subject)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setJti(crypto.randomUUID());
  if (lifetime !== null) token.setExpirationTime(issuedAt + lifetime);
  return token.sign(keys.current.key);
}

/**
 * Reads the claims of a token of this kind, at most `leeway` seconds after its end. Throws TOKEN_INVALID for any other
 * text.
 */
export async function verifyToken(
  keys: SigningKeys,
  realm: TokenRealm,
  token: string,
  typ: string,
  leeway: number,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, (header) => verificationKey(keys, header), {
      algorithms: [SIGNING_ALGORITHM],
      typ,
      issuer: realm.issuer,
      audience: realm.service,
      clockTolerance: leeway,
      requiredClaims: ["iss", "aud", "sub", "iat", "nbf", "jti", ...(typ === REFRESH_TYPE ? [] : ["exp"])],
    });
  } catch (cause) {
    if (cause instanceof errors.JOSEError) throw stale(cause);
    throw cause;
  }
}

/**
 * Finds the key in our own set, by its id alone. A header that brings or names another key is refused (CVE-2025-24976).
 */
function verificationKey(
  keys: SigningKeys,
  header: { kid?: string; jwk?: unknown; jku?: unknown; x5u?: unknown; x5c?: unknown },
): CryptoKey {
  const brought = header.jwk ?? header.jku ?? header.x5u ?? header.x5c;
  const key = keys.verifying.get(header.kid ?? "");
  if (brought !== undefined || key === undefined) throw new errors.JWSInvalid("unknown key");
  return key;
}

/** Makes the refusal of a text that proves nothing. */
export function stale(cause?: unknown): RegistryError {
  return new RegistryError("TOKEN_INVALID", { cause });
}

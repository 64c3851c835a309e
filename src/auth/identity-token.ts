import { SignJWT } from "jose";
import { SIGNING_ALGORITHM, type SigningKeys } from "./keys.ts";

/** Seconds: enough to exchange the token at once. */
const LIFETIME = 300;

export interface Identity {
  /** The registry's address, like `https://registry.example.com`. Its discovery document leads to our keys. */
  readonly issuer: string;
  /** The target that the token speaks for; see {@link targetSubject}. */
  readonly subject: string;
  /** The server that the token is meant for. */
  readonly audience: string;
}

/**
 * Returns the subject of a deployment target. It contains the target's id, which is never used again: if a space is
 * deleted and made anew under the same name, a server that trusts the old target does not trust a new one.
 */
export function targetSubject(space: string, targetId: string): string {
  return `space:${space}:target:${targetId}`;
}

/**
 * Signs an OpenID Connect ID token, which proves our identity to a server that trusts this registry as an issuer. Its
 * `typ` keeps it from passing for one of our access tokens, whatever its audience.
 */
export function signIdentityToken(keys: SigningKeys, identity: Identity, now: Date): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keys.current.kid, typ: "JWT" })
    .setIssuer(identity.issuer)
    .setAudience(identity.audience)
    .setSubject(identity.subject)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME)
    .setJti(crypto.randomUUID())
    .sign(keys.current.key);
}

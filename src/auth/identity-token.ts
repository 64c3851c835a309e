import { SignJWT } from "jose";
import { SIGNING_ALGORITHM, type SigningKeys } from "./keys.ts";

/** Seconds: long enough to be exchanged at once. */
const LIFETIME = 300;

export interface Identity {
  /** As in `https://registry.example.com`: its discovery document leads to our keys. */
  readonly issuer: string;
  /** Whom the token speaks for; see {@link targetSubject}. */
  readonly subject: string;
  /** Whom it is meant for. */
  readonly audience: string;
}

/**
 * The subject of a deployment target. It has the target's id, which is never used again, so that a space that is deleted
 * and made anew under the same name is somebody else to a server that trusts this one.
 */
export function targetSubject(space: string, targetId: string): string {
  return `space:${space}:target:${targetId}`;
}

/**
 * An OpenID Connect ID token that says who we are to a server that trusts this registry as an issuer. Its `typ` keeps it from
 * passing for one of our access tokens, whatever audience it has.
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

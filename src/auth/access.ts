import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import * as z from "zod";
import { RegistryError } from "../oci/errors.ts";
import { LEEWAY, stale } from "./tokens.ts";

/** Settings of Cloudflare Access in front of the console. Access names the person that it let in by a signed header. */
export interface AccessSettings {
  /** The team's domain, like `acme.cloudflareaccess.com`. */
  readonly teamDomain: string;
  /** The tags of the applications that cover the console. */
  readonly audiences: readonly string[];
  /** Administrators of the installation: e-mail addresses, and domains like `@example.com`, in lower case. */
  readonly admins: readonly string[];
}

/**
 * The header that Cloudflare sets on each request that Access let through. Anybody may send it, so only its signature
 * counts.
 */
export const ACCESS_HEADER = "Cf-Access-Jwt-Assertion";

interface AccessIdentity {
  /** The address in lower case. */
  readonly email: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

const ALGORITHM = "RS256";

const claims = z.object({ email: z.string().min(3).max(320).toLowerCase(), exp: z.int() });

/**
 * Keys by team domain. An isolate asks for them once, and again when they are ten minutes old or lack a key that a
 * token names.
 */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/**
 * Verifies an assertion of Access, and returns the administrator that it names. Throws TOKEN_INVALID if Access did not
 * sign it for these applications, and DENIED for a person who does not administer the installation.
 */
export async function verifyAccess(settings: AccessSettings, assertion: string): Promise<AccessIdentity> {
  const { success, data } = claims.safeParse(await payloadOf(settings, assertion));
  if (!success) throw stale();
  const { email, exp } = data;
  if (!administers(settings, email)) {
    throw new RegistryError("DENIED", {
      message: `${email} is signed in to Cloudflare Access but is not an administrator of this registry: add the address to ACCESS_ADMINS, or sign in with a token`,
    });
  }
  return { email, expiresAt: exp };
}

async function payloadOf({ teamDomain, audiences }: AccessSettings, assertion: string): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, keysOf(teamDomain), {
      algorithms: [ALGORITHM],
      issuer: `https://${teamDomain}`,
      audience: [...audiences],
      clockTolerance: LEEWAY,
      requiredClaims: ["iss", "aud", "sub", "iat", "exp"],
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JOSEError) throw stale(cause);
    throw cause;
  }
}

function keysOf(teamDomain: string): JWTVerifyGetKey {
  const known = keySets.get(teamDomain);
  const keys = known ?? createRemoteJWKSet(new URL(`https://${teamDomain}/cdn-cgi/access/certs`));
  keySets.set(teamDomain, keys);
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey) throw cause;
      console.error(JSON.stringify({ access: teamDomain, fault: String(cause) }));
      throw new RegistryError("TOKEN_INVALID", {
        message: "the keys of Cloudflare Access could not be loaded; try again, or sign in with a token",
        cause,
      });
    }
  };
}

function administers({ admins }: AccessSettings, email: string): boolean {
  return admins.includes(email) || admins.includes(email.slice(email.lastIndexOf("@")));
}

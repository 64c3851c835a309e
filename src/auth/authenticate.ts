import { RegistryError } from "../oci/errors.ts";
import { adminTokenProblem } from "./admin-token.ts";
import { ACCESS_HEADER, type AccessSettings, verifyAccess } from "./access.ts";
import { readConsoleCookie } from "./console-cookie.ts";
import { verifyConsoleSession } from "./console-session.ts";
import type { Credential } from "./credential.ts";
import type { FailedLogins } from "./failed-logins.ts";
import type { SigningKeys } from "./keys.ts";
import type { Principal, SecretHolder } from "./principal.ts";
import { equalSecrets, hashSecret, isSecret } from "./secret.ts";
import { isToken, stale, type TokenRealm, verifyAccessToken, verifyRefreshToken } from "./tokens.ts";

/** Settings and look-ups that authentication needs. */
export interface Authenticator {
  readonly keys: SigningKeys;
  readonly realm: TokenRealm;
  readonly adminToken: string;
  /** Null: Cloudflare Access is not used. */
  readonly access: AccessSettings | null;
  /** Finds the live credential whose secret has this hash, or null. */
  readonly findCredential: (hash: string) => Promise<Credential | null>;
  /** Finds the live credential with this id, or null. */
  readonly findCredentialById: (id: string) => Promise<Credential | null>;
  /** Counts the failed logins from the address of this request. */
  readonly failedLogins: FailedLogins;
  /** True for the mark of a session that was signed out of. */
  readonly isSignedOut: (mark: string) => Promise<boolean>;
}

interface Acceptance {
  /**
   * Seconds after its end during which an access token still proves its sender. Default: the difference that is allowed
   * between clocks.
   */
  readonly leeway?: number | undefined;
  /** True if a refresh token is accepted as the password too. Clients store it in place of one. */
  readonly refreshTokens?: boolean;
}

/**
 * Finds the sender of this Authorization header. Basic takes a secret as the password, with any user name; Bearer takes
 * an access token or a secret. Throws TOKEN_INVALID for a header that proves nothing.
 */
export async function authenticate(
  authenticator: Authenticator,
  header: string | null,
  { leeway, refreshTokens = false }: Acceptance = {},
): Promise<Principal> {
  if (header === null) return { kind: "anonymous" };
  const [scheme = "", parameter = ""] = header.trim().split(/ +/, 2);
  switch (scheme.toLowerCase()) {
    case "bearer":
      return isToken(parameter)
        ? {
            kind: "bearer",
            claims: await verifyAccessToken(authenticator.keys, authenticator.realm, parameter, leeway),
          }
        : authenticateSecret(authenticator, parameter);
    case "basic":
      return authenticateBasic(authenticator, parameter, refreshTokens ? authenticateLogin : authenticateSecret);
    default:
      throw new RegistryError("TOKEN_INVALID", { message: "unknown authorization scheme: send Basic or Bearer" });
  }
}

function authenticateBasic(
  authenticator: Authenticator,
  parameter: string,
  authenticatePassword: (authenticator: Authenticator, password: string) => Promise<SecretHolder>,
): Promise<Principal> | Principal {
  const pair = decodeBase64(parameter);
  const colon = pair?.indexOf(":") ?? -1;
  if (pair === null || colon < 0) throw new RegistryError("TOKEN_INVALID");
  // Clients without credentials may send an empty pair: they are anonymous.
  if (pair === ":") return { kind: "anonymous" };
  return authenticatePassword(authenticator, pair.slice(colon + 1));
}

/**
 * Finds the holder of what a client stored at login: a secret, or the refresh token that it got for one. Throws
 * TOKEN_INVALID.
 */
export async function authenticateLogin(authenticator: Authenticator, kept: string): Promise<SecretHolder> {
  try {
    return await (isToken(kept) ? authenticateRefreshToken : authenticateSecret)(authenticator, kept);
  } catch (fault) {
    if (fault instanceof RegistryError && fault.kind === "TOKEN_INVALID") throw staleLogin(authenticator.realm, fault);
    throw fault;
  }
}

/** Finds the holder of this refresh token. Throws TOKEN_INVALID, also once the credential is revoked or has expired. */
async function authenticateRefreshToken(
  { keys, realm, failedLogins, findCredentialById }: Authenticator,
  token: string,
): Promise<SecretHolder> {
  const id = await verifyRefreshToken(keys, realm, token).catch(nothingProved);
  const credential = id === null ? null : await findCredentialById(id);
  if (credential !== null) return { kind: "credential", credential };
  await failedLogins.count();
  throw stale();
}

function nothingProved(fault: unknown): null {
  if (fault instanceof RegistryError) return null;
  throw fault;
}

/**
 * Makes the refusal of a stored login. Clients send a stored login with each pull, even of public content, so the
 * answer says how to renew or remove it.
 */
export function staleLogin({ service }: TokenRealm, cause?: RegistryError): RegistryError {
  return new RegistryError("TOKEN_INVALID", {
    message:
      `the login stored for ${service} does not work: its password or token is wrong, revoked or expired. ` +
      `Log in again with a valid token, or run \`docker logout ${service}\`: public images can be pulled without a login`,
    cause,
  });
}

/**
 * Finds the holder of this secret. Throws TOKEN_INVALID; LOGINS_LIMITED if too many logins failed from the same
 * network.
 */
export async function authenticateSecret(authenticator: Authenticator, secret: string): Promise<SecretHolder> {
  const { adminToken, failedLogins, findCredential } = authenticator;
  if (isSecret(secret)) {
    // A secret has 160 random bits, so guessing never succeeds. The right one gets in even while others fail from the
    // same network.
    const credential = await findCredential(await hashSecret(secret));
    if (credential) return { kind: "credential", credential };
  } else {
    failedLogins.requireOpen();
    if (await equalSecrets(secret, adminToken)) return requireLong(adminToken);
  }
  await failedLogins.count();
  throw new RegistryError("TOKEN_INVALID");
}

/** Refuses an ADMIN_TOKEN that is too short. Pushes and pulls still work then: nothing else is refused. */
function requireLong(adminToken: string): SecretHolder {
  const problem = adminTokenProblem(adminToken);
  if (problem !== null) throw new RegistryError("TOKEN_INVALID", { message: problem });
  return { kind: "admin", email: null };
}

/**
 * Proof that a browser sends by itself, also for a foreign page: the console's cookie, or the header that Cloudflare
 * Access adds on the way.
 */
export interface BrowserProof {
  readonly kind: "cookie" | "access";
  readonly token: string;
}

/** A person to whom the console shows its pages. */
export interface BrowserSession {
  readonly principal: SecretHolder;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Returns the proof that a request brings; null: it brings none. The cookie goes first, since by signing in a person
 * chose an identity.
 */
export function browserProofOf({ realm, access }: Authenticator, headers: Headers): BrowserProof | null {
  const cookie = readConsoleCookie(headers, realm);
  if (cookie !== null) return { kind: "cookie", token: cookie };
  const assertion = access && headers.get(ACCESS_HEADER);
  return assertion === null ? null : { kind: "access", token: assertion };
}

/**
 * Finds the person who opened the console. Throws TOKEN_INVALID, also once they signed out; DENIED for a person that
 * Access let in and who does not administer the installation.
 */
export async function authenticateBrowser(authenticator: Authenticator, proof: BrowserProof): Promise<BrowserSession> {
  const { expiresAt, principal } = await verifyProof(authenticator, proof);
  // Only genuine proof is looked up, so that a stranger cannot make the database work.
  const [isSignedOut, found] = await Promise.all([
    sessionMark(proof).then(authenticator.isSignedOut),
    typeof principal === "string" ? authenticator.findCredentialById(principal) : null,
  ]);
  if (isSignedOut) throw stale();
  if (typeof principal !== "string") return { principal, expiresAt };
  if (found === null) throw stale();
  return { principal: { kind: "credential", credential: found }, expiresAt };
}

/** The content of a proof, before the database is asked. */
interface VerifiedProof {
  /** The administrator, or the id of the credential that was used, which must still be live. */
  readonly principal: Extract<Principal, { kind: "admin" }> | string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

async function verifyProof(authenticator: Authenticator, { kind, token }: BrowserProof): Promise<VerifiedProof> {
  const { keys, realm, adminToken, access } = authenticator;
  if (kind === "cookie") {
    const { credentialId, expiresAt } = await verifyConsoleSession(keys, realm, adminToken, token);
    if (credentialId === null && adminTokenProblem(adminToken) !== null) throw stale();
    return { principal: credentialId ?? { kind: "admin", email: null }, expiresAt };
  }
  if (access === null) throw stale();
  const { email, expiresAt } = await verifyAccess(access, token);
  return { principal: { kind: "admin", email }, expiresAt };
}

/**
 * Returns a mark that tells one session from another. It leaves out the signature, since several may fit the same
 * session.
 */
export function sessionMark({ token }: BrowserProof): Promise<string> {
  return hashSecret(token.slice(0, token.lastIndexOf(".")));
}

function decodeBase64(text: string): string | null {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(text));
  } catch {
    return null;
  }
}

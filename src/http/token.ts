import * as z from "zod";
import { authenticate, authenticateLogin, type Authenticator, staleLogin } from "../auth/authenticate.ts";
import type { AccessClaims } from "../auth/claims.ts";
import type { Credential } from "../auth/credential.ts";
import { SIGNING_ALGORITHM } from "../auth/keys.ts";
import type { Principal } from "../auth/principal.ts";
import { parseScopes } from "../auth/scope.ts";
import { ACCESS_TOKEN_LIFETIME, isToken, signAccessToken, signRefreshToken } from "../auth/tokens.ts";
import type { Call, Installation } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import { grantScopes, lookUpScopes } from "../registry/issue-token.ts";
import { readBounded } from "../body.ts";

const MAX_FORM_BYTES = 64 * 1024;

const tokenForm = z.discriminatedUnion("grant_type", [
  z.object({ grant_type: z.literal("password"), password: z.string(), access_type: z.string().optional() }),
  z.object({ grant_type: z.literal("refresh_token"), refresh_token: z.string() }),
]);

interface Requester {
  /** Null: the request is anonymous. */
  readonly credential: Credential | null;
  readonly refreshToken: "none" | "new" | { readonly same: string };
}

/**
 * Answers distribution's token specification: GET with Basic credentials, or without any for public content. It gives
 * no refresh token, regardless of `offline_token`: docker would store that in place of the password, and most other
 * clients that read docker's logins know only passwords.
 */
export async function getToken(call: Call): Promise<Response> {
  const { request, url, registry } = call;
  const header = request.headers.get("Authorization");
  return answer(call, url.searchParams.getAll("scope"), async () => {
    const principal = await authenticate(tokenAuthenticator(registry), header, { refreshTokens: true });
    if (principal.kind === "anonymous") return { credential: null, refreshToken: "none" };
    const isBearer = header?.trim().toLowerCase().startsWith("bearer") ?? false;
    return { credential: isBearer ? ofBearer(principal) : ofLogin(registry, principal), refreshToken: "none" };
  });
}

/** Answers distribution's OAuth2 specification: POST with a password or a refresh token. */
export async function postToken(call: Call): Promise<Response> {
  const { request, registry } = call;
  const bytes = await readBounded(request.body, MAX_FORM_BYTES);
  if (bytes === null) throw new RegistryError("REQUEST_TOO_LARGE");
  const fields = new URLSearchParams(new TextDecoder().decode(bytes));
  const form = tokenForm.safeParse(Object.fromEntries(fields));
  if (!form.success) {
    throw new RegistryError("REQUEST_INVALID", {
      message: "grant_type must be password (with password) or refresh_token (with refresh_token)",
    });
  }
  const scopes = fields.getAll("scope");
  return answer(call, scopes, () =>
    form.data.grant_type === "password"
      ? withPassword(registry, form.data.password, form.data.access_type === "offline")
      : withRefreshToken(registry, form.data.refresh_token),
  );
}

async function withPassword(registry: Installation, password: string, isOffline: boolean): Promise<Requester> {
  const credential = ofLogin(registry, await authenticateLogin(tokenAuthenticator(registry), password));
  return { credential, refreshToken: isOffline ? "new" : "none" };
}

async function withRefreshToken(registry: Installation, same: string): Promise<Requester> {
  if (!isToken(same)) throw staleLogin(registry.realm);
  const credential = ofLogin(registry, await authenticateLogin(tokenAuthenticator(registry), same));
  return { credential, refreshToken: { same } };
}

/** Returns an authenticator that may ask a read replica. The credential is confirmed again when the token is used. */
function tokenAuthenticator({ authenticator, stores }: Installation): Authenticator {
  const { credentials } = stores;
  return {
    ...authenticator,
    findCredential: (hash) => credentials.findByHashForToken(hash),
    findCredentialById: (id) => credentials.findByIdForToken(id),
  };
}

/** Answers with the public keys that verify our tokens. */
export function getKeys({ registry }: Call): Response {
  return Response.json(registry.keys.published, { headers: { "Cache-Control": "public, max-age=300" } });
}

/** Answers OpenID Connect Discovery 1.0, so that servers can trust the identity tokens of deployment targets. */
export function getDiscovery({ registry: { realm } }: Call): Response {
  const document = {
    issuer: realm.issuer,
    jwks_uri: `${realm.issuer}/.well-known/jwks.json`,
    token_endpoint: `${realm.issuer}/token`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [SIGNING_ALGORITHM],
    claims_supported: ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"],
  };
  return Response.json(document, { headers: { "Cache-Control": "public, max-age=300" } });
}

function ofLogin({ realm }: Installation, principal: Principal): Credential {
  if (principal.kind === "credential") return principal.credential;
  throw new RegistryError("TOKEN_INVALID", {
    message:
      "ADMIN_TOKEN manages spaces and is not a login for clients: log in with a space's token as the password. " +
      `If it is stored as the login, \`docker logout ${realm.service}\` removes it`,
  });
}

function ofBearer(principal: Principal): Credential {
  if (principal.kind === "credential") return principal.credential;
  throw new RegistryError("TOKEN_INVALID", {
    message:
      "a Bearer token cannot be used here: send a user name and a space's token as Basic authorization, or no Authorization",
  });
}

/**
 * Makes the answer with a token. The repositories are looked up while the sender is identified, so that it waits for
 * the database once and not twice.
 * @param identify finds the sender.
 */
async function answer(
  { registry }: Call,
  scopeTexts: readonly string[],
  identify: () => Promise<Requester>,
): Promise<Response> {
  const { keys, realm, stores } = registry;
  const scopes = parseScopes(scopeTexts);
  const [{ credential, refreshToken }, facts] = await Promise.all([identify(), lookUpScopes(stores, scopes)]);
  const claims = grantScopes(credential, scopes, facts);
  const now = new Date();
  const token = await signAccessToken(keys, realm, claims, now);
  const body = {
    token,
    access_token: token,
    token_type: "Bearer",
    expires_in: ACCESS_TOKEN_LIFETIME,
    issued_at: now.toISOString(),
    scope: grantedScope(claims),
    ...(refreshToken === "new" &&
      credential && { refresh_token: await signRefreshToken(keys, realm, credential, now) }),
    ...(typeof refreshToken === "object" && { refresh_token: refreshToken.same }),
  };
  return Response.json(body, { headers: { "Cache-Control": "no-store" } });
}

function grantedScope({ access }: AccessClaims): string {
  return access
    .filter(({ actions }) => actions.length > 0)
    .map(({ type, name, actions }) => `${type}:${name}:${actions.join(",")}`)
    .join(" ");
}

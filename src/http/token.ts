import { z } from "zod";
import { authenticate, authenticateSecret } from "../auth/authenticate.ts";
import type { AccessClaims } from "../auth/claims.ts";
import type { Credential } from "../auth/credential.ts";
import { SIGNING_ALGORITHM } from "../auth/keys.ts";
import type { Principal } from "../auth/principal.ts";
import { parseScopes } from "../auth/scope.ts";
import { ACCESS_TOKEN_LIFETIME, signAccessToken, signRefreshToken, verifyRefreshToken } from "../auth/tokens.ts";
import type { Call } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import { grantScopes } from "../registry/issue-token.ts";
import { readBounded } from "../body.ts";

const MAX_FORM_BYTES = 64 * 1024;

const tokenForm = z.discriminatedUnion("grant_type", [
  z.object({ grant_type: z.literal("password"), password: z.string(), access_type: z.string().optional() }),
  z.object({ grant_type: z.literal("refresh_token"), refresh_token: z.string() }),
]);

interface TokenRequest {
  /** Null: nobody in particular. */
  readonly credential: Credential | null;
  readonly scopes: readonly string[];
  readonly refreshToken: "none" | "new" | { readonly same: string };
}

/** Distribution's token specification: GET with Basic credentials, or with none for what is public. */
export async function getToken(call: Call): Promise<Response> {
  const { request, url, registry } = call;
  const principal = await authenticate(registry.authenticator, request.headers.get("Authorization"));
  const credential = principal.kind === "anonymous" ? null : credentialOf(principal);
  const wantsRefresh = url.searchParams.get("offline_token") === "true" && credential !== null;
  const scopes = url.searchParams.getAll("scope");
  return answer(call, { credential, scopes, refreshToken: wantsRefresh ? "new" : "none" });
}

/** Distribution's OAuth2 specification: POST with a password or a refresh token. */
export async function postToken(call: Call): Promise<Response> {
  const { request, registry } = call;
  const bytes = await readBounded(request.body, MAX_FORM_BYTES);
  if (bytes === null) throw new RegistryError("REQUEST_TOO_LARGE");
  const fields = new URLSearchParams(new TextDecoder().decode(bytes));
  const form = tokenForm.safeParse(Object.fromEntries(fields));
  if (!form.success) {
    throw new RegistryError("REQUEST_INVALID", {
      message: "grant_type is password, with password; or refresh_token, with refresh_token",
    });
  }
  const scopes = fields.getAll("scope");
  if (form.data.grant_type === "password") {
    const credential = credentialOf(await authenticateSecret(registry.authenticator, form.data.password));
    return answer(call, { credential, scopes, refreshToken: form.data.access_type === "offline" ? "new" : "none" });
  }
  const same = form.data.refresh_token;
  const credential = await registry.stores.credentials.findById(
    await verifyRefreshToken(registry.keys, registry.realm, same),
  );
  if (credential === null) throw new RegistryError("TOKEN_INVALID");
  return answer(call, { credential, scopes, refreshToken: { same } });
}

/** Where clients find the public keys that verify our tokens. */
export function getKeys({ registry }: Call): Response {
  return Response.json(registry.keys.published, { headers: { "Cache-Control": "public, max-age=300" } });
}

/** OpenID Connect Discovery 1.0: lets servers trust the identity tokens of deployment targets. */
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

function credentialOf(principal: Principal): Credential {
  if (principal.kind === "credential") return principal.credential;
  throw new RegistryError("TOKEN_INVALID", {
    message: "log in with a space's token as the password; ADMIN_TOKEN manages spaces and makes such tokens",
  });
}

async function answer({ registry }: Call, { credential, scopes, refreshToken }: TokenRequest): Promise<Response> {
  const { keys, realm, stores } = registry;
  const now = new Date();
  const claims = await grantScopes(stores, credential, parseScopes(scopes));
  const token = await signAccessToken(keys, realm, claims, now);
  const body = {
    token,
    access_token: token,
    token_type: "Bearer",
    expires_in: ACCESS_TOKEN_LIFETIME,
    issued_at: now.toISOString(),
    scope: grantedScope(claims),
    ...(refreshToken === "new" &&
      credential && { refresh_token: await signRefreshToken(keys, realm, credential.id, now) }),
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

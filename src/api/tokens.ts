import { generateId, generateSecret, hashSecret } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Token } from "../registry/management.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest, readBody, readQuery } from "./operation.ts";
import { pageQuery, tokenInput } from "./schemas.ts";

export async function createToken(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { name, actions, repositories, expiresIn } = await readBody(tokenInput, call);
  const now = Date.now();
  const token: Token = {
    id: generateId("tok"),
    name,
    actions,
    repositories,
    createdAt: now,
    expiresAt: expiresIn === undefined ? null : now + expiresIn * 1000,
    lastUsedAt: null,
  };
  const secret = generateSecret();
  const created = await registry.management.tokens.create(grant.space, token, await hashSecret(secret));
  if (!created) throw new RegistryError("SPACE_UNKNOWN");
  await noteInSpace(call, "token.created", { subject: token.id, name, detail: { actions, repositories, expiresIn } });
  const headers = { Location: `/api/v1/spaces/${grant.space}/tokens/${token.id}`, "Cache-Control": "no-store" };
  return Response.json({ ...view(token), token: secret }, { status: 201, headers });
}

export async function listTokens(call: SpaceCall): Promise<Response> {
  const page = await call.registry.management.tokens.list(call.grant.space, pageRequest(readQuery(pageQuery, call)));
  if (page === null) throw new RegistryError("SPACE_UNKNOWN");
  return listResponse(page, view, ({ id }) => id);
}

export async function getToken(call: SpaceCall): Promise<Response> {
  return Response.json(view(await requireToken(call)));
}

export async function revokeToken(call: SpaceCall): Promise<Response> {
  const { id, name } = await requireToken(call);
  if (!(await call.registry.management.tokens.revoke(call.grant.space, id))) throw new RegistryError("TOKEN_UNKNOWN");
  call.registry.endUploadsOf(id);
  await noteInSpace(call, "token.revoked", { subject: id, name });
  return new Response(null, { status: 204 });
}

async function requireToken({ registry, grant, params }: SpaceCall): Promise<Token> {
  const token = await registry.management.tokens.find(grant.space, params["id"] ?? "");
  if (token === null) throw new RegistryError("TOKEN_UNKNOWN");
  return token;
}

function view({ createdAt, expiresAt, lastUsedAt, ...token }: Token): object {
  return {
    ...token,
    createdAt: isoTime(createdAt),
    expiresAt: isoTimeOrNull(expiresAt),
    lastUsedAt: isoTimeOrNull(lastUsedAt),
  };
}

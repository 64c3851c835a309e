import { delegate } from "../auth/delegate.ts";
import { generateId, generateSecret, hashSecret } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { RegistryError } from "../oci/errors.ts";
import type { Token } from "../management/stores.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listResponse, pageRequest } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { pageQuery, revocationQuery, tokenInput } from "./schemas.ts";

/** Tokens that the activity names, where many are revoked at once. */
const TOLD = 50;

export async function createToken(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { name, actions, expiresIn, ...asked } = await readBody(tokenInput, call);
  const now = Date.now();
  const wish = { ...asked, expiresAt: expiresIn === undefined ? null : now + expiresIn * 1000 };
  const { repositories, expiresAt } = grant.maker === null ? wish : delegate(grant.maker, wish);
  const createdBy = { id: grant.actor, name: grant.maker?.name ?? grant.actor };
  const id = generateId("tok");
  const token: Token = { id, name, actions, repositories, createdAt: now, createdBy, expiresAt, lastUsedAt: null };
  const secret = generateSecret();
  await registry.management.tokens.create(grant, token, await hashSecret(secret));
  await noteInSpace(call, "token.created", { subject: token.id, name, detail: { actions, repositories, expiresIn } });
  const headers = { Location: `/api/v1/spaces/${grant.space}/tokens/${token.id}`, "Cache-Control": "no-store" };
  return Response.json({ ...view(token), token: secret }, { status: 201, headers });
}

export async function listTokens(call: SpaceCall): Promise<Response> {
  const page = await call.registry.management.tokens.list(call.grant, pageRequest(readQuery(pageQuery, call)));
  return listResponse(page, view, ({ id }) => id);
}

export async function getToken(call: SpaceCall): Promise<Response> {
  return Response.json(view(await requireToken(call)));
}

export async function revokeToken(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { descendants } = readQuery(revocationQuery, call);
  const [token, ...made] = await registry.management.tokens.revoke(grant, params["id"] ?? "", descendants);
  if (token === undefined) throw new RegistryError("TOKEN_UNKNOWN");
  registry.endDeadUploads();
  const detail = descendants
    ? { detail: { descendants: made.slice(0, TOLD).map(({ name }) => name), count: made.length } }
    : {};
  await noteInSpace(call, "token.revoked", { subject: token.id, name: token.name, ...detail });
  return new Response(null, { status: 204 });
}

async function requireToken({ registry, grant, params }: SpaceCall): Promise<Token> {
  const token = await registry.management.tokens.find(grant, params["id"] ?? "");
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

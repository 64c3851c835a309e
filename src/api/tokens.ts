import * as z from "zod";
import { CREDENTIAL_ACTIONS } from "../auth/credential.ts";
import { delegate } from "../auth/delegate.ts";
import { generateId, generateSecret, hashSecret } from "../auth/secret.ts";
import { space } from "../guard.ts";
import type { Token } from "../management/stores.ts";
import { RegistryError } from "../oci/errors.ts";
import { givenName } from "../oci/plain-text.ts";
import { givenRepositoryPatterns } from "../oci/repository-pattern.ts";
import { noteInSpace } from "./activity.ts";
import { isoTime, isoTimeOrNull, listAnswer, pageRequest } from "./answer.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { listOf, pageQuery, time } from "./shapes.ts";

/** Ten years, in seconds. */
const MAX_LIFETIME = 10 * 366 * 86_400;

/** The most tokens that an activity entry names when many are revoked at once. */
const MAX_NAMED = 50;

const tokenInput = z.strictObject({
  name: givenName,
  actions: z
    .array(z.enum(CREDENTIAL_ACTIONS))
    .min(1)
    .max(CREDENTIAL_ACTIONS.length)
    .transform((actions) => [...new Set(actions)])
    .meta({ description: "`admin` manages the space through this API; pushing needs both pull and push." }),
  repositories: givenRepositoryPatterns,
  expiresIn: z
    .int()
    .min(60)
    .max(MAX_LIFETIME)
    .optional()
    .meta({ description: "Seconds until the token expires; by default never, or with the token that creates it." }),
});

export const tokenOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    actions: z.array(z.enum(CREDENTIAL_ACTIONS)),
    repositories: z.array(z.string()),
    createdAt: time,
    createdBy: z.object({ id: z.string(), name: z.string() }).nullable().optional().meta({
      description:
        "The token or administrator that created it. A token can only create tokens that may do no more than itself.",
    }),
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: "Accurate to the hour." }),
  })
  .meta({ id: "Token" });

const revocationQuery = z.strictObject({
  descendants: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .meta({ description: "Also revoke all tokens that were created with it." }),
});

const newTokenOutput = tokenOutput
  .extend({
    token: z.string().meta({ description: "The password for `docker login`, with any user name. Shown only once." }),
  })
  .meta({ id: "NewToken" });

export const createToken = defineOperation({
  id: "createToken",
  method: "POST",
  path: "/api/v1/spaces/:space/tokens",
  guard: space,
  summary: "Create a token; its secret is shown only once",
  body: tokenInput,
  answer: newTokenOutput,
  made: ({ id }) => id,
  noStore: true,
  async run(call) {
    const { registry, grant } = call;
    const { name, actions, expiresIn, ...asked } = call.body;
    const now = Date.now();
    const wish = { ...asked, expiresAt: expiresIn === undefined ? null : now + expiresIn * 1000 };
    const { repositories, expiresAt } = grant.maker === null ? wish : delegate(grant.maker, wish);
    const createdBy = { id: grant.actor, name: grant.maker?.name ?? grant.actor };
    const id = generateId("tok");
    const token: Token = { id, name, actions, repositories, createdAt: now, createdBy, expiresAt, lastUsedAt: null };
    const secret = generateSecret();
    await registry.management.tokens.create(grant, token, await hashSecret(secret));
    await noteInSpace(call, "token.created", { subject: id, name, detail: { actions, repositories, expiresIn } });
    return { ...view(token), token: secret };
  },
});

export const listTokens = defineOperation({
  id: "listTokens",
  method: "GET",
  path: "/api/v1/spaces/:space/tokens",
  guard: space,
  summary: "List a space's tokens",
  query: pageQuery,
  answer: listOf(tokenOutput),
  async run({ query, registry, grant }) {
    const page = await registry.management.tokens.list(grant, pageRequest(query));
    return listAnswer(page, view, ({ id }) => id);
  },
});

export const getToken = defineOperation({
  id: "getToken",
  method: "GET",
  path: "/api/v1/spaces/:space/tokens/:id",
  guard: space,
  summary: "Show a token",
  answer: tokenOutput,
  async run({ registry, grant, params }) {
    const token = await registry.management.tokens.find(grant, params["id"] ?? "");
    if (token === null) throw new RegistryError("TOKEN_UNKNOWN");
    return view(token);
  },
});

export const revokeToken = defineOperation({
  id: "revokeToken",
  method: "DELETE",
  path: "/api/v1/spaces/:space/tokens/:id",
  guard: space,
  summary: "Revoke a token at once",
  query: revocationQuery,
  async run(call) {
    const { registry, grant, params } = call;
    const { descendants } = call.query;
    const [token, ...made] = await registry.management.tokens.revoke(grant, params["id"] ?? "", descendants);
    if (token === undefined) throw new RegistryError("TOKEN_UNKNOWN");
    registry.endDeadUploads();
    const detail = descendants
      ? { detail: { descendants: made.slice(0, MAX_NAMED).map(({ name }) => name), count: made.length } }
      : {};
    await noteInSpace(call, "token.revoked", { subject: token.id, name: token.name, ...detail });
  },
});

function view({ createdAt, expiresAt, lastUsedAt, ...token }: Token): Answer<typeof tokenOutput> {
  return {
    ...token,
    createdAt: isoTime(createdAt),
    expiresAt: isoTimeOrNull(expiresAt),
    lastUsedAt: isoTimeOrNull(lastUsedAt),
  };
}

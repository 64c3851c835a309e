import * as z from "zod";
import { defineGroup } from "../command.ts";
import { duration } from "../input/duration.ts";
import { LIMIT_OPTION, limitInput, words } from "../input/options.ts";
import type { Token } from "../../contract/operations.ts";
import { age, ageOrUntil } from "../output/words.ts";
import { warnOfNoneCovered } from "../managed/coverage.ts";
import { deleteCommand, type Kind, showCommand } from "../managed/named.ts";
import { type Columns, pageQuery, showList, spaceCommand } from "../managed/shapes.ts";

const TOKENS: Kind<Token> = {
  word: "token",
  group: "tokens",
  prefix: "tok_",
  all: ({ management, space }) => management.list("listTokens", { path: { space } }),
};

const ACTIONS = ["pull", "push", "delete", "admin"] as const;

const COLUMNS: Columns<Token> = {
  token: ({ id }) => id,
  name: ({ name }) => name,
  actions: ({ actions }) => actions.join(", "),
  repositories: ({ repositories }) => repositories.join(", "),
  expires: ({ expiresAt }) => expiry(expiresAt),
  used: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : age(lastUsedAt)),
};

const list = spaceCommand({
  name: "list",
  summary: "List a space's tokens",
  examples: ["tokens list --space acme"],
  options: LIMIT_OPTION,
  input: limitInput,
  run: async (scene, { limit }) => {
    const { management, space } = scene;
    const tokens = management.list("listTokens", { path: { space }, query: pageQuery(limit) });
    await showList(scene, tokens, COLUMNS, { limit, none: `${space} has no tokens` });
  },
});

const show = showCommand({
  kind: TOKENS,
  get: ({ management, space }, id) => management.call("getToken", { path: { space, id } }),
  describe: ({ id, name, actions, repositories, createdAt, createdBy, expiresAt, lastUsedAt }) => ({
    token: id,
    name,
    actions: actions.join(", "),
    repositories: repositories.join(", "),
    created: createdBy ? `${age(createdAt)}, by ${createdBy.name}` : age(createdAt),
    expires: expiry(expiresAt),
    used: lastUsedAt === null ? "never" : age(lastUsedAt),
  }),
});

const create = spaceCommand({
  name: "create",
  summary: "Create a token; its secret is printed once",
  description:
    "Only the secret goes to stdout. Use it as the password of `docker login`, with any user name. Pushing needs both\npull and push; delete allows deletions, and admin manages the space.",
  examples: [
    "tokens create ci --space acme --actions pull,push --expires 90d",
    "tokens create web --repositories 'web,web/*,!web/secret' --actions pull",
  ],
  arguments: { "<name>": "the token's name, which others see" },
  options: {
    "--actions <action...>": "pull, push, delete or admin (default: pull)",
    "--repositories <pattern...>": "paths within the space: * matches all but a slash, ** anything, ! excludes",
    "--expires <time>": "how long it is valid, for example 90d (default: for ever)",
  },
  input: z.object({
    name: z.string(),
    actions: words.pipe(z.array(z.enum(ACTIONS)).min(1)).default(["pull"]),
    repositories: words.optional(),
    expires: duration.optional(),
  }),
  run: async (scene, { name, actions, repositories, expires }) => {
    const { management, space, output } = scene;
    const expiresIn = expires === undefined ? undefined : Math.round(expires / 1000);
    const body = { name, actions, repositories, expiresIn };
    const created = await management.call("createToken", { path: { space }, body });
    output.note(`${created.id}, in ${space}: ${created.actions.join(", ")} in ${created.repositories.join(", ")}`);
    const ends = created.expiresAt === null ? "does not expire" : `expires ${ageOrUntil(created.expiresAt)}`;
    output.note(`It ${ends}. The secret, which is shown only once:`);
    output.show(created, () => created.token);
    await warnOfNoneCovered(scene, repositories);
  },
});

const revoke = deleteCommand({
  kind: TOKENS,
  name: "revoke",
  summary: "Revoke a token at once",
  consequence: "Clients that use it stop working.",
  more: { option: "--with-descendants", does: "also revoke all tokens that were created with it" },
  remove: ({ management, space }, id, withDescendants) =>
    management.call("revokeToken", {
      path: { space, id },
      ...(withDescendants && { query: { descendants: "true" } }),
    }),
});

function expiry(expiresAt: string | null): string {
  return expiresAt === null ? "never" : ageOrUntil(expiresAt);
}

export const tokens = defineGroup("tokens", "Show, create and revoke a space's tokens", [list, create, show, revoke]);

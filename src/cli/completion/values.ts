import { parseRepositoryName } from "../../oci/name.ts";
import { withManagement } from "../managed/shapes.ts";
import { TARGET_TYPES } from "../../contract/target-types.ts";
import { CHANGES, TAG_RULE_TYPES } from "../commands/triggers/trigger-rules.ts";
import type { Context } from "../context.ts";
import { readContexts } from "../contexts.ts";
import { loginHosts } from "../credentials/store.ts";
import type { Management } from "../managed/api.ts";
import { operations } from "../../contract/operations.ts";
import { spaceOf } from "../managed/space.ts";

/** Milliseconds. A person is waiting with a finger on the key. */
const PATIENCE = 2000;

/** The most values that a terminal can usefully list. */
const MAX_VALUES = 200;

/** Values to offer from a list without end: the newest ones. */
const NEWEST = 20;

type Find = (context: Context, current: string) => Promise<readonly string[]>;

/** Functions that find values, by the placeholder in help: `<space>`. For others the shell completes file names. */
const VALUES: Readonly<Record<string, Find>> = {
  shell: fixed(["bash", "zsh", "fish"]),
  status: fixed(operations.listDeliveries.query.shape.status.unwrap().options),
  kind: fixed(operations.listActivity.query.shape.kind.unwrap().options),
  action: fixed(operations.createToken.body.shape.actions.element.options),
  type: targetTypes,
  "tag-rule": fixed(TAG_RULE_TYPES.map((type) => `${type}:`)),
  change: fixed(CHANGES),
  which: fixed(["none", "any", "regex:"]),
  platform: fixed(["linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64"]),
  registry: hosts,
  host: hosts,
  context: async ({ env }) => (await readContexts(env)).all.map(({ name }) => name),
  space: (context) => managed(context, spaces),
  repository: repositories,
  where: async (context, current) => [...(await ownSpace(context)), ...(await repositories(context, current))],
  reference: references,
  references,
  destination: references,
  pattern: paths,
  path: paths,
  token: inSpace(({ management }, space) => names(management.list("listTokens", { path: { space } }), nameOf)),
  target: inSpace(({ management }, space) => names(management.list("listTargets", { path: { space } }), nameOf)),
  rule: inSpace(({ management }, space) => names(management.list("listRetentionRules", { path: { space } }), nameOf)),
  trigger: inSpace(({ management }, space) => names(management.list("listTriggers", { path: { space } }), nameOf)),
  event: inSpace(({ management }, space) => names(management.list("listEvents", { path: { space } }), idOf, NEWEST)),
  delivery: deliveries(),
  deliveries: deliveries(),
};

/** Returns the values of a kind; none if they cannot be had at once. */
export async function valuesOf(kind: string, context: Context, current: string): Promise<readonly string[]> {
  const find = VALUES[kind];
  if (find === undefined) return [];
  try {
    return await find({ ...context, signal: AbortSignal.timeout(PATIENCE) }, current);
  } catch {
    // There is no place for an error in the middle of a command line.
    return [];
  }
}

function fixed(values: readonly string[]): Find {
  return () => Promise.resolve(values);
}

/** Lists the types of the registry, which may know more than this command line; its own if the registry does not answer. */
async function targetTypes(context: Context): Promise<readonly string[]> {
  try {
    return await managed(context, async ({ management }) => {
      const { types } = await management.call("listTargetTypes", { path: {} });
      return types.map(nameOf);
    });
  } catch {
    return TARGET_TYPES.map(nameOf);
  }
}

function hosts({ env }: Context): Promise<readonly string[]> {
  return loginHosts(env);
}

function ownSpace(context: Context): Promise<readonly string[]> {
  return managed(context, async ({ space }) => [await space()]);
}

/** Returns the token's own space, since a token may not list spaces; all spaces for the administrator. */
async function spaces({ management }: Managed): Promise<readonly string[]> {
  const { space } = await management.call("whoami", { path: {} });
  return space === null ? names(management.list("listSpaces", { path: {} }), nameOf) : [space];
}

function repositories(context: Context, _current?: string): Promise<readonly string[]> {
  return managed(context, async ({ management, space }) =>
    names(management.list("listRepositories", { path: { space: await space() } }), ({ fullName }) => fullName),
  );
}

/** Returns the repositories' paths within the space. */
function paths(context: Context): Promise<readonly string[]> {
  return managed(context, async ({ management, space }) =>
    names(management.list("listRepositories", { path: { space: await space() } }), nameOf),
  );
}

/** Returns repositories; after a repository with a colon, its tags. */
function references(context: Context, current: string): Promise<readonly string[]> {
  const [, named = ""] = /^([^:@]+\/[^:@]+):[^@]*$/.exec(current) ?? [];
  const repository = parseRepositoryName(named);
  if (repository === null) return repositories(context);
  const path = { space: repository.space, name: repository.path };
  return managed(context, ({ management }) =>
    names(management.list("listRepositoryTags", { path }), ({ name }) => `${repository.full}:${name}`),
  );
}

function deliveries(): Find {
  return inSpace(({ management }, space) =>
    names(management.list("listDeliveries", { path: { space } }), idOf, NEWEST),
  );
}

interface Managed {
  readonly management: Management;
  readonly space: () => Promise<string>;
}

function managed(context: Context, find: (managed: Managed) => Promise<readonly string[]>) {
  return withManagement(context, ({ management }) =>
    find({ management, space: () => spaceOf({ context, management }, undefined) }),
  );
}

function inSpace(find: (managed: Managed, space: string) => Promise<readonly string[]>): Find {
  return (context) => managed(context, async (found) => find(found, await found.space()));
}

async function names<T>(
  items: AsyncIterable<T>,
  wordOf: (item: T) => string,
  limit = MAX_VALUES,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const item of items) if (found.push(wordOf(item)) >= limit) break;
  return found;
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

import type { RegistryAddress } from "../client/reference.ts";
import { withManagement } from "../commands/shapes.ts";
import type { Context } from "../context.ts";
import { loginHosts } from "../credentials/store.ts";
import type { Management } from "../management/management.ts";
import { operations } from "../management/operations.ts";
import { spaceOf } from "../management/space.ts";

/** A person waits with a finger on the key. */
const PATIENCE = 2000;

/** No list on a terminal is longer. */
const MAX_VALUES = 200;

/** Finds values, by what help calls them: `<space>`. What is not here, the shell completes with files. */
const VALUES: Readonly<Record<string, (context: Context) => Promise<readonly string[]>>> = {
  shell: () => Promise.resolve(["bash", "zsh", "fish"]),
  status: () => Promise.resolve(operations.listDeliveries.query.shape.status.unwrap().options),
  kind: () => Promise.resolve(operations.listActivity.query.shape.kind.unwrap().options),
  action: () => Promise.resolve(operations.createToken.body.shape.actions.element.options),
  registry: hosts,
  host: hosts,
  space: (context) =>
    managed(context, async ({ management }) => names(management.list("listSpaces", { path: {} }), ({ name }) => name)),
  repository: repositories,
  where: async (context) => [...(await ownSpace(context)), ...(await repositories(context))],
  reference: repositories,
  references: repositories,
  target: (context) =>
    managed(context, async ({ management, space }) =>
      names(management.list("listTargets", { path: { space: await space() } }), ({ name }) => name),
    ),
  rule: (context) =>
    managed(context, async ({ management, space }) =>
      names(management.list("listRetentionRules", { path: { space: await space() } }), ({ name }) => name),
    ),
  trigger: (context) =>
    managed(context, async ({ management, space }) =>
      names(management.list("listTriggers", { path: { space: await space() } }), ({ name }) => name),
    ),
};

/** Values of a kind; none where they cannot be had at once. */
export async function valuesOf(kind: string, context: Context): Promise<readonly string[]> {
  const find = VALUES[kind];
  if (find === undefined) return [];
  try {
    return await find({ ...context, signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    // In the middle of a line there is no place for an error.
    return [];
  }
}

function hosts({ env }: Context): Promise<readonly string[]> {
  return loginHosts(env);
}

function ownSpace(context: Context): Promise<readonly string[]> {
  return managed(context, async ({ space }) => [await space()]);
}

function repositories(context: Context): Promise<readonly string[]> {
  return managed(context, async ({ management, space }) =>
    names(management.list("listRepositories", { path: { space: await space() } }), ({ fullName }) => fullName),
  );
}

interface Managed {
  readonly management: Management;
  readonly space: () => Promise<string>;
}

function managed(context: Context, find: (managed: Managed) => Promise<readonly string[]>, at?: RegistryAddress) {
  return withManagement(
    context,
    ({ management }) => find({ management, space: () => spaceOf({ context, management }, undefined) }),
    at,
  );
}

async function names<T>(items: AsyncIterable<T>, nameOf: (item: T) => string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const item of items) if (found.push(nameOf(item)) >= MAX_VALUES) break;
  return found;
}

import { parseRepositoryName, type RepositoryName } from "../oci/name.ts";

/** Actions on a repository. */
export const REPOSITORY_ACTIONS = ["pull", "push", "delete"] as const;

export type RepositoryAction = (typeof REPOSITORY_ACTIONS)[number];

/** Rights that a client asks a token for: those in one repository, or the list of repositories. */
export type Scope = RepositoryScope | { readonly type: "catalog" };

export interface RepositoryScope {
  readonly type: "repository";
  readonly name: RepositoryName;
  readonly actions: readonly RepositoryAction[];
}

/** The most scopes of one request: more than any client asks for. Each costs a look at the database. */
const MAX_SCOPES = 50;

/**
 * Reads scopes as clients send them (distribution, "Token Scope Documentation"): the parameter may be repeated, and
 * each value may hold several scopes, divided by spaces. A scope that cannot be understood is left out, since a token
 * with fewer rights is no error.
 */
export function parseScopes(values: readonly string[]): readonly Scope[] {
  const texts = values.flatMap((value) => value.split(" ")).filter((text) => text !== "");
  return texts
    .slice(0, MAX_SCOPES)
    .map(parseScope)
    .filter((scope) => scope !== null);
}

function parseScope(text: string): Scope | null {
  // The name may hold colons (a host's port), so it ends at the last one.
  const match = /^([a-z]+)(?:\([a-z0-9]+\))?:(.+):([^:]*)$/.exec(text);
  const [, type, resource = "", actions = ""] = match ?? [];
  if (type === "registry" && resource === "catalog") return { type: "catalog" };
  if (type !== "repository") return null;
  const name = parseRepositoryName(resource);
  return name === null ? null : { type: "repository", name, actions: parseActions(actions) };
}

function parseActions(text: string): readonly RepositoryAction[] {
  const asked = text.split(",");
  return REPOSITORY_ACTIONS.filter((action) => asked.includes(action) || asked.includes("*"));
}

/** Writes the scope as a challenge names it. */
export function repositoryScope(name: RepositoryName, actions: readonly RepositoryAction[]): string {
  return `repository:${name.full}:${actions.join(",")}`;
}

/** The scope of `/v2/_catalog`. */
export const CATALOG_SCOPE = "registry:catalog:*";

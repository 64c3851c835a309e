import { type AccessEntry, ANONYMOUS, type AccessClaims, type RepositoryAccess } from "../auth/claims.ts";
import { type Credential, permitted } from "../auth/credential.ts";
import type { RepositoryAction, RepositoryScope, Scope } from "../auth/scope.ts";
import type { RepositoryFacts, Stores } from "./stores.ts";

/** Finds the database's facts on the repositories among these scopes, in their order. */
export function lookUpScopes({ repositories }: Stores, scopes: readonly Scope[]): Promise<readonly RepositoryFacts[]> {
  return repositories.lookUp(repositoriesAmong(scopes).map(({ name }) => name));
}

/**
 * Returns the claims of an access token for these scopes: the part of the request that the credential permits, or that
 * is public. A smaller grant than the client asked for is no error. A refused scope gets an entry without actions, so
 * that a client that asks again can be recognized.
 * @param facts the result of {@link lookUpScopes}.
 */
export function grantScopes(
  credential: Credential | null,
  scopes: readonly Scope[],
  facts: readonly RepositoryFacts[],
): AccessClaims {
  const repositories = repositoriesAmong(scopes);
  const access: AccessEntry[] = facts.flatMap((fact, index) =>
    grantRepository(credential, repositories[index]?.actions ?? [], fact),
  );
  if (credential?.actions.includes("pull") && scopes.some((scope) => scope.type === "catalog")) {
    const { spaceId, space, repositories: patterns } = credential;
    access.push({
      type: "registry",
      name: "catalog",
      actions: ["*"],
      space: spaceId,
      spaceName: space,
      repositories: [...patterns],
    });
  }
  return { sub: credential?.id ?? ANONYMOUS, access };
}

function repositoriesAmong(scopes: readonly Scope[]): readonly RepositoryScope[] {
  return scopes.filter((scope) => scope.type === "repository");
}

function grantRepository(
  credential: Credential | null,
  actions: readonly RepositoryAction[],
  { name, repositoryId, isPublic }: RepositoryFacts,
): RepositoryAccess[] {
  const base = { type: "repository" as const, name: name.full };
  const granted = credential === null ? [] : [...permitted(credential, actions, name)];
  const entries: RepositoryAccess[] = [];
  if (credential !== null && granted.length > 0) {
    const repository = repositoryId === null ? {} : { repository: repositoryId };
    entries.push({ ...base, actions: granted, space: credential.spaceId, ...repository });
  }
  if (isPublic && actions.includes("pull") && !granted.includes("pull")) {
    entries.push({ ...base, actions: ["pull"], public: true });
  }
  return entries.length > 0 ? entries : [{ ...base, actions: [] }];
}

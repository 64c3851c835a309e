import { type AccessEntry, ANONYMOUS, type AccessClaims, type RepositoryAccess } from "../auth/claims.ts";
import { type Credential, permitted } from "../auth/credential.ts";
import type { RepositoryAction, RepositoryScope, Scope } from "../auth/scope.ts";
import type { RepositoryFacts, Stores } from "./stores.ts";

/** What the database knows of the repositories among these scopes, in their order. */
export function lookUpScopes({ repositories }: Stores, scopes: readonly Scope[]): Promise<readonly RepositoryFacts[]> {
  return repositories.lookUp(repositoriesAmong(scopes).map(({ name }) => name));
}

/**
 * What an access token for these scopes may say: the part of what was asked for that the credential permits, or that
 * is public. Less than was asked is not an error; what is refused is noted, so that asking again can be told apart.
 * @param facts as {@link lookUpScopes} gave them.
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

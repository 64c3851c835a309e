import { matchesRepository } from "../oci/repository-pattern.ts";
import type { RepositoryName } from "../oci/name.ts";
import { REPOSITORY_ACTIONS, type RepositoryAction } from "./scope.ts";

/** Actions that a credential may permit: those on repositories, and managing its space. */
export const CREDENTIAL_ACTIONS = [...REPOSITORY_ACTIONS, "admin"] as const;

export type CredentialAction = (typeof CREDENTIAL_ACTIONS)[number];

/** A live credential: when it was looked up, it was neither revoked nor expired, and its space existed. */
export interface Credential {
  readonly id: string;
  readonly name: string;
  readonly spaceId: number;
  readonly space: string;
  readonly actions: readonly CredentialAction[];
  /** Patterns over the paths within the space. */
  readonly repositories: readonly string[];
  /** Milliseconds since the epoch; null: it does not expire. */
  readonly expiresAt: number | null;
}

/** Actions that a credential permits, and the repositories in which it permits them. */
export type Rights = Pick<Credential, "space" | "actions" | "repositories">;

export function permits(rights: Rights, action: RepositoryAction, name: RepositoryName): boolean {
  return rights.actions.includes(action) && covers(rights, name);
}

/** True if these rights cover the repository, with whatever actions. */
function covers({ space, repositories }: Rights, name: RepositoryName): boolean {
  return space === name.space && matchesRepository(repositories, name.path);
}

/** Returns the part of the actions that these rights permit in the repository. It matches the patterns once. */
export function permitted(
  rights: Rights,
  actions: readonly RepositoryAction[],
  name: RepositoryName,
): readonly RepositoryAction[] {
  const held = actions.filter((action) => rights.actions.includes(action));
  return held.length > 0 && covers(rights, name) ? held : [];
}

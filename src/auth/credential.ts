import { matchesRepository } from "../oci/repository-pattern.ts";
import type { RepositoryName } from "../oci/name.ts";
import { REPOSITORY_ACTIONS, type RepositoryAction } from "./scope.ts";

/** What a credential may permit: the repository actions, and managing its space. */
export const CREDENTIAL_ACTIONS = [...REPOSITORY_ACTIONS, "admin"] as const;

export type CredentialAction = (typeof CREDENTIAL_ACTIONS)[number];

/** A live credential: neither revoked nor expired when it was looked up, in a space that exists. */
export interface Credential {
  readonly id: string;
  readonly name: string;
  readonly spaceId: number;
  readonly space: string;
  readonly actions: readonly CredentialAction[];
  /** Patterns over the paths within the space. */
  readonly repositories: readonly string[];
  /** Milliseconds since the epoch; null where it does not expire. */
  readonly expiresAt: number | null;
}

/** What a credential permits, and where. */
export type Rights = Pick<Credential, "space" | "actions" | "repositories">;

export function permits(rights: Rights, action: RepositoryAction, name: RepositoryName): boolean {
  return rights.actions.includes(action) && covers(rights, name);
}

/** True for a repository that these rights are about, whatever they permit there. */
function covers({ space, repositories }: Rights, name: RepositoryName): boolean {
  return space === name.space && matchesRepository(repositories, name.path);
}

/** Those of the actions that these rights permit there. The patterns are asked once. */
export function permitted(
  rights: Rights,
  actions: readonly RepositoryAction[],
  name: RepositoryName,
): readonly RepositoryAction[] {
  const held = actions.filter((action) => rights.actions.includes(action));
  return held.length > 0 && covers(rights, name) ? held : [];
}

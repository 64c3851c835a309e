import { RegistryError } from "../oci/errors.ts";
import { type RepositoryName, requireRepositoryName } from "../oci/name.ts";
import { matchesRepository } from "../oci/repository-pattern.ts";
import { type AccessEntry, ANONYMOUS, type RepositoryAccess } from "./claims.ts";
import { type Credential, permits } from "./credential.ts";
import { type Grant, refusal, type RepositoryGrant } from "./grant.ts";
import type { Principal, SecretHolder } from "./principal.ts";
import { prove } from "./proof.ts";
import type { RepositoryAction } from "./scope.ts";
import type { CatalogGrant, InstallationGrant, ReaderGrant, SpaceGrant } from "./space-grant.ts";

const MANAGEMENT_LOGIN = "send Authorization: Bearer with ADMIN_TOKEN or a token that administers the space";
/** Patterns that cover all repositories. */
const EVERYTHING = ["**"];
const ADMIN_ON_REGISTRY = "ADMIN_TOKEN manages spaces; to push and pull, create a token in a space";

/**
 * Decides if this principal may do this in the repository; no other function does. Throws UNAUTHORIZED or
 * SCOPE_INSUFFICIENT if a (further) token could help, DENIED if it could not.
 */
export function authorize(principal: Principal, action: RepositoryAction, name: RepositoryName): Grant {
  switch (principal.kind) {
    case "anonymous":
      throw new RegistryError("UNAUTHORIZED");
    case "admin":
      throw new RegistryError("DENIED", { message: ADMIN_ON_REGISTRY });
    case "credential":
      return authorizeCredential(principal.credential, action, name);
    case "bearer":
      return authorizeBearer(principal.claims.sub, principal.claims.access, action, name);
  }
}

function authorizeCredential(credential: Credential, action: RepositoryAction, name: RepositoryName): Grant {
  const base = { name, action, subject: credential.id, credentialId: credential.id, repositoryId: null, final: true };
  if (permits(credential, action, name)) return prove({ ...base, spaceId: credential.spaceId, publicOnly: false });
  if (action === "pull") return prove({ ...base, spaceId: null, publicOnly: true });
  throw refusal(true);
}

function authorizeBearer(
  subject: string,
  access: readonly AccessEntry[],
  action: RepositoryAction,
  name: RepositoryName,
): Grant {
  const entry = access.find(
    (candidate): candidate is RepositoryAccess =>
      candidate.type === "repository" && candidate.name === name.full && candidate.actions.includes(action),
  );
  if (entry === undefined) throw refusal(false);
  return prove({
    name,
    action,
    subject,
    credentialId: subject === ANONYMOUS ? null : subject,
    spaceId: entry.space ?? null,
    repositoryId: entry.repository ?? null,
    publicOnly: entry.public === true,
    final: false,
  });
}

/**
 * Decides if the principal may read a mount's source. It returns a reason instead of throwing, since a source must
 * never be an error by itself. `ask`: a token with that scope could help. `never`: the client has asked for one
 * already, or cannot get one.
 */
export function authorizeSource(principal: Principal, name: RepositoryName): Grant | "ask" | "never" {
  if (principal.kind === "bearer") {
    const entries = principal.claims.access.filter((entry) => entry.type === "repository" && entry.name === name.full);
    if (entries.length === 0) return "ask";
    if (!entries.some((entry) => entry.type === "repository" && entry.actions.includes("pull"))) return "never";
  } else if (principal.kind !== "credential") {
    return "never";
  }
  return authorize(principal, "pull", name);
}

/** Decides if this principal may list repositories, and which. Throws the errors of {@link authorize}. */
export function authorizeCatalog(principal: Principal): CatalogGrant {
  if (principal.kind === "admin") throw new RegistryError("DENIED", { message: ADMIN_ON_REGISTRY });
  if (principal.kind === "credential") {
    const { credential } = principal;
    if (!credential.actions.includes("pull")) throw refusal(true);
    return prove({
      spaceId: credential.spaceId,
      space: credential.space,
      credentialId: credential.id,
      repositories: credential.repositories,
    });
  }
  if (principal.kind === "bearer") {
    const entry = principal.claims.access.find((candidate) => candidate.type === "registry");
    if (entry === undefined) throw refusal(false);
    return prove({
      spaceId: entry.space,
      space: entry.spaceName,
      credentialId: principal.claims.sub,
      repositories: entry.repositories,
    });
  }
  throw new RegistryError("UNAUTHORIZED");
}

/**
 * Decides if this principal may manage that space. Throws UNAUTHORIZED; DENIED in a credential's own space;
 * SPACE_UNKNOWN elsewhere, so that a stranger cannot find out the names of spaces.
 */
export function authorizeSpace(principal: Principal, space: string): SpaceGrant {
  if (principal.kind === "admin") {
    return prove({ space, spaceId: null, credentialId: null, actor: actorOf(principal), maker: null });
  }
  if (principal.kind !== "credential") throw new RegistryError("UNAUTHORIZED", { message: MANAGEMENT_LOGIN });
  if (principal.credential.space !== space) throw new RegistryError("SPACE_UNKNOWN");
  if (!isManager(principal.credential)) {
    throw new RegistryError("DENIED", {
      message: "this needs a token with the action admin; ask the space's administrator",
    });
  }
  const { credential } = principal;
  const { id: credentialId, spaceId } = credential;
  return prove({ space, spaceId, credentialId, actor: actorOf(principal), maker: credential });
}

function isManager({ actions }: Credential): boolean {
  return actions.includes("admin");
}

/** Throws DENIED for the space's own administrators: they may not set the space's limits. */
export function authorizeQuota({ credentialId }: SpaceGrant): void {
  if (credentialId === null) return;
  throw new RegistryError("DENIED", { message: "only ADMIN_TOKEN can set quotas; ask the registry's administrator" });
}

/** The actor of a request with ADMIN_TOKEN. */
const ADMINISTRATOR = "administrator";

/**
 * Returns the actor for events and activity: a credential's id, an administrator's e-mail address, or `administrator`.
 */
export function actorOf(principal: SecretHolder): string {
  return principal.kind === "admin" ? (principal.email ?? ADMINISTRATOR) : principal.credential.id;
}

/** Grants the manager of a space any action in one of its repositories. */
export function authorizeWithin(grant: SpaceGrant, action: RepositoryAction, name: RepositoryName): Grant {
  return prove({ name, ...rightTo(action, grant) });
}

function rightTo(
  action: RepositoryAction,
  { actor, credentialId, spaceId }: Pick<SpaceGrant, "actor" | "credentialId" | "spaceId">,
): RepositoryGrant {
  return { action, subject: actor, credentialId, spaceId, repositoryId: null, publicOnly: false, final: true };
}

/**
 * Decides if this principal may look at repositories of that space, and at which. Throws the errors of
 * {@link authorizeSpace}.
 */
export function authorizeReader(principal: Principal, space: string): ReaderGrant {
  if (principal.kind === "credential" && principal.credential.space === space && !isManager(principal.credential)) {
    return readerGrant(principal.credential);
  }
  const grant = authorizeSpace(principal, space);
  const { spaceId, credentialId } = grant;
  const within = rightTo("pull", grant);
  return prove({ space, spaceId, credentialId, repositories: EVERYTHING, manages: true, within });
}

function readerGrant({ id, space, spaceId, actions, repositories }: Credential): ReaderGrant {
  if (!actions.includes("pull")) {
    throw new RegistryError("DENIED", { message: "this needs a token with the action pull or admin" });
  }
  const within = rightTo("pull", { actor: id, credentialId: id, spaceId });
  return prove({ space, spaceId, credentialId: id, repositories, manages: false, within });
}

/**
 * Decides if the holder may look into this repository. Throws NAME_INVALID; DENIED if the patterns do not cover the
 * path, also if there is no such repository.
 * @param path within the grant's space.
 */
export function authorizeReading({ space, repositories, within }: ReaderGrant, path: string): Grant {
  const name = requireRepositoryName(`${space}/${path}`);
  if (matchesRepository(repositories, name.path)) return prove({ ...within, name });
  throw new RegistryError("DENIED", {
    message: "the token's repository patterns do not cover this repository; use a token that does",
  });
}

/**
 * Returns the actor as readers see it. The e-mail addresses of the registry's administrators are shown only to those
 * who manage the space.
 */
export function actorForReaders<A extends { readonly id: string; readonly name: string }>(actor: A): A {
  return actor.id.includes("@") ? { ...actor, id: ADMINISTRATOR, name: ADMINISTRATOR } : actor;
}

/**
 * Returns the credential whose secret was sent; null: the sender is the installation's administrator. Throws
 * UNAUTHORIZED for an anonymous request, and for an access token, which is for the registry API alone.
 */
export function authorizeSelf(principal: Principal): Credential | null {
  if (principal.kind === "admin") return null;
  if (principal.kind === "credential") return principal.credential;
  throw new RegistryError("UNAUTHORIZED", { message: "send Authorization: Bearer with a token" });
}

/** Decides if this principal may manage the installation. Throws UNAUTHORIZED or DENIED. */
export function authorizeInstallation(principal: Principal): InstallationGrant {
  if (principal.kind === "admin") return prove({ actor: actorOf(principal) });
  if (principal.kind === "credential") {
    throw new RegistryError("DENIED", { message: "only ADMIN_TOKEN may do this; ask the registry's administrator" });
  }
  throw new RegistryError("UNAUTHORIZED", { message: MANAGEMENT_LOGIN });
}

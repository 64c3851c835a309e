import { RegistryError } from "../oci/errors.ts";
import type { RepositoryName } from "../oci/name.ts";
import type { Proof } from "./proof.ts";
import type { RepositoryAction } from "./scope.ts";

/**
 * Proof that a request may do something in a repository. Only {@link authorize} makes one, and every store that touches
 * a repository takes one, so a store cannot be called without a right.
 *
 * A token is verified without a look at the database. So a grant carries the facts that the database must still
 * confirm, in the same round trip as the work itself: see {@link confirmGrant}.
 */
export interface Grant extends RepositoryGrant, Proof {
  readonly name: RepositoryName;
}

/** A grant without its repository. */
export interface RepositoryGrant {
  readonly action: RepositoryAction;
  /** The actor, in events and the log: a credential's id, or `anonymous`. */
  readonly subject: string;
  /** The credential that must not have been revoked since; null for anonymous access. */
  readonly credentialId: string | null;
  /**
   * The space for which the token was made, which must still exist; null: the grant relies on the repository being
   * public.
   */
  readonly spaceId: number | null;
  /** The repository for which the token was made, which must still exist; null: it did not exist then. */
  readonly repositoryId: number | null;
  /** True if the right holds only while the repository is public. */
  readonly publicOnly: boolean;
  /** True if a further token cannot help, since the credential itself was presented. */
  readonly final: boolean;
}

/** Facts about a grant's repository, as the database has them at the moment of use. */
export interface GrantFacts {
  /** Null: there is no such space. */
  readonly spaceId: number | null;
  /** Null: the space has no such repository. */
  readonly repositoryId: number | null;
  readonly isPublic: boolean;
  /** False: the grant's credential was revoked, has expired, or went with its space. */
  readonly credentialLive: boolean;
}

/**
 * Confirms a grant against the database's facts. Throws TOKEN_INVALID if the grant no longer holds; BLOB_UPLOAD_UNKNOWN
 * if it was an upload's in a repository that is gone; DENIED or SCOPE_INSUFFICIENT if it relied on a public repository
 * that is not public now.
 */
export function confirmGrant(grant: Grant, facts: GrantFacts): void {
  const spaceChanged = grant.spaceId !== null && facts.spaceId !== grant.spaceId;
  const repositoryChanged = grant.repositoryId !== null && facts.repositoryId !== grant.repositoryId;
  // The repository's id came from an upload session, not from a token.
  if (repositoryChanged && facts.credentialLive && grant.final) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  if (!facts.credentialLive || spaceChanged || repositoryChanged) {
    throw new RegistryError("TOKEN_INVALID");
  }
  if (grant.publicOnly && !facts.isPublic) {
    throw refusal(grant.final);
  }
}

/** Makes the refusal. A private and an absent repository get the same one, so that it does not reveal which it is. */
export function refusal(final: boolean): RegistryError {
  return final
    ? new RegistryError("DENIED", {
        message: "the token does not permit this in that repository; use a token that does",
      })
    : new RegistryError("SCOPE_INSUFFICIENT");
}

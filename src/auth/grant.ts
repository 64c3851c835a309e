import { RegistryError } from "../oci/errors.ts";
import type { RepositoryName } from "../oci/name.ts";
import type { Proof } from "./proof.ts";
import type { RepositoryAction } from "./scope.ts";

/**
 * Proof that a request may do something in a repository. Only {@link authorize} makes one, and every store
 * that touches a repository asks for one: what is not granted cannot be named.
 *
 * A token is verified without a look at the database, so a grant carries what the database must still
 * confirm in the same round trip as the work itself: see {@link confirmGrant}.
 */
export interface Grant extends RepositoryGrant, Proof {
  readonly name: RepositoryName;
}

/** A grant, whichever repository it is for. */
export interface RepositoryGrant {
  readonly action: RepositoryAction;
  /** The actor, in events and the log: a credential's id, or `anonymous`. */
  readonly subject: string;
  /** The credential that must not have been revoked since; null for anonymous access. */
  readonly credentialId: string | null;
  /** The space must still be the one that the token was made for; null where being public is what counts. */
  readonly spaceId: number | null;
  /** The repository must still be that one, if it existed. */
  readonly repositoryId: number | null;
  /** Granted only while the repository is public. */
  readonly publicOnly: boolean;
  /** A further token cannot help, since the credential itself was presented. */
  readonly final: boolean;
}

/** Facts about a grant's repository, as the database has them at the moment of use. */
export interface GrantFacts {
  /** Null: no such space. */
  readonly spaceId: number | null;
  /** Null: the space has no such repository. */
  readonly repositoryId: number | null;
  readonly isPublic: boolean;
  /** False: the grant's credential was revoked, expired or went with its space. */
  readonly credentialLive: boolean;
}

/**
 * Confirms a grant against the database's facts.
 * Throws TOKEN_INVALID where the grant no longer holds, BLOB_UPLOAD_UNKNOWN where it was an upload's in a repository that is gone; DENIED or SCOPE_INSUFFICIENT where being public was the reason and it is not.
 */
export function confirmGrant(grant: Grant, facts: GrantFacts): void {
  const spaceChanged = grant.spaceId !== null && facts.spaceId !== grant.spaceId;
  const repositoryChanged = grant.repositoryId !== null && facts.repositoryId !== grant.repositoryId;
  // Where no token named the repository, an upload session did.
  if (repositoryChanged && facts.credentialLive && grant.final) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  if (!facts.credentialLive || spaceChanged || repositoryChanged) {
    throw new RegistryError("TOKEN_INVALID");
  }
  if (grant.publicOnly && !facts.isPublic) {
    throw refusal(grant.final);
  }
}

/** The same answer whether the repository is private or does not exist: it must not tell which. */
export function refusal(final: boolean): RegistryError {
  return final
    ? new RegistryError("DENIED", {
        message: "the token does not permit this in that repository; use a token that does",
      })
    : new RegistryError("SCOPE_INSUFFICIENT");
}

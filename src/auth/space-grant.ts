import type { Credential } from "./credential.ts";
import type { Wish } from "./delegate.ts";
import type { RepositoryGrant } from "./grant.ts";
import type { Proof } from "./proof.ts";

/** Proof of a right to something in one space. The database confirms it in the round trip that does the work. */
export interface SpaceRight extends Proof {
  readonly space: string;
  /** The space that the credential was made for, which must still exist; null for the installation's administrator. */
  readonly spaceId: number | null;
  /** The credential, which must not have been revoked since; null for the installation's administrator. */
  readonly credentialId: string | null;
}

/** The right to manage one space. */
export interface SpaceGrant extends SpaceRight {
  /** The actor, in events and activity. */
  readonly actor: string;
  /** The limits of tokens that are made with this right; null: no limits. */
  readonly maker: (Wish & Pick<Credential, "name">) | null;
}

/**
 * The right to look into repositories of one space. It is no right to manage, and its type keeps it from being used as
 * one.
 */
export interface ReaderGrant extends SpaceRight {
  /** Patterns over paths. Only repositories that they cover are shown. */
  readonly repositories: readonly string[];
  /** True if the holder manages the space. */
  readonly manages: boolean;
  /** The right that it gives in each of these repositories. */
  readonly within: RepositoryGrant;
}

/** The right to list the repositories of one space. */
export interface CatalogGrant extends SpaceRight {
  readonly spaceId: number;
  readonly credentialId: string;
  /** Patterns over paths. Only repositories that they cover are listed. */
  readonly repositories: readonly string[];
}

/** The right to manage the installation. */
export interface InstallationGrant extends Proof {
  /** The actor, in the activity. */
  readonly actor: string;
}

/**
 * Deployed is the digest that a target was given last of a repository, in the order of deliveries, under whatever tag. The
 * digests that it was given before that are remembered as far as retention counts them.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";

/** A digest that was delivered to a target that deploys. */
export interface Deployed {
  readonly id: number;
  readonly targetId: string;
  readonly repository: string;
  /** The tag under which it was delivered last. */
  readonly tag: string;
  readonly digest: string;
  readonly deliveryId: string;
  readonly deployedAt: number;
  /** The target was given nothing else of the repository since. */
  readonly current: boolean;
  /** The target was followed to its end: it runs what it was given. We only know of others that they were told. */
  readonly followed: boolean;
}

export interface DeployedFilter {
  /** An id. */
  readonly target: string | null;
  /** A name with its space. */
  readonly repository: string | null;
  /** Leaves out what was deployed before. */
  readonly currentOnly: boolean;
}

/** A change that a delivery would make if it were sent again; a group has one for each member. */
export interface Redelivery extends Pick<Deployed, "repository" | "tag" | "digest" | "followed"> {
  /** False: the target is only told. */
  readonly deploys: boolean;
  /** The digest that the target was given last; null: none that is known. */
  readonly current: Pick<Deployed, "tag" | "digest" | "deliveryId" | "deployedAt"> | null;
}

export interface DeployedStore {
  /** Lists the newest first; `last` is an id. Throws SPACE_UNKNOWN. */
  list(grant: SpaceGrant, filter: DeployedFilter, page: PageRequest): Promise<Page<Deployed>>;
  /** Finds what a delivery would change. Empty for one that deploys nothing, as one of a deletion. */
  redelivery(grant: SpaceGrant, deliveryId: string): Promise<readonly Redelivery[]>;
}

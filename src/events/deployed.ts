/**
 * The deployed digest of a repository is the one that a target was given last, in the order of deliveries,
 * under any tag. Earlier digests are remembered as far as retention counts them.
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
  /** True if the target was given nothing else of the repository since. */
  readonly current: boolean;
  /** True if the target was followed to its end, so it runs what it was given. We know of other targets only that they were told. */
  readonly followed: boolean;
}

export interface DeployedFilter {
  /** A target's id; null for any. */
  readonly target: string | null;
  /** A name with its space; null for any. */
  readonly repository: string | null;
  /** True to leave out what was deployed before. */
  readonly currentOnly: boolean;
}

/** A change that a delivery would make if it were sent again; a group's delivery makes one for each member. */
export interface Redelivery extends Pick<Deployed, "repository" | "tag" | "digest" | "followed"> {
  /** False if the target is only told. */
  readonly deploys: boolean;
  /** The digest that the target was given last; null if none is known. */
  readonly current: Pick<Deployed, "tag" | "digest" | "deliveryId" | "deployedAt"> | null;
}

export interface DeployedStore {
  /** Lists digests, newest first; `last` is an id. Throws SPACE_UNKNOWN. */
  list(grant: SpaceGrant, filter: DeployedFilter, page: PageRequest): Promise<Page<Deployed>>;
  /** Finds the changes that a delivery would make; none if it deploys nothing, as for a deletion. */
  redelivery(grant: SpaceGrant, deliveryId: string): Promise<readonly Redelivery[]>;
}

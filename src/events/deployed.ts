/**
 * What counts as deployed: what a target was given last of a repository, in the order of deliveries, under whatever tag. The
 * digests that it was given before that are remembered as far as retention counts them.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";

/** A digest that was delivered to a target that deploys. */
export interface Deployed {
  readonly id: number;
  readonly targetId: string;
  readonly repository: string;
  /** Under which it was delivered last. */
  readonly tag: string;
  readonly digest: string;
  readonly deliveryId: string;
  readonly deployedAt: number;
  /** The target was given nothing else of the repository since. */
  readonly current: boolean;
  /** The target was followed to its end: it runs what it was given. Of others we know that they were told. */
  readonly followed: boolean;
}

export interface DeployedFilter {
  /** An id. */
  readonly target: string | null;
  /** A name with its space. */
  readonly repository: string | null;
  /** Nothing from before what is deployed. */
  readonly currentOnly: boolean;
}

/** What a delivery would change if it were sent again; of a group, one for each member. */
export interface Redelivery extends Pick<Deployed, "repository" | "tag" | "digest" | "followed"> {
  /** False: the target is only told. */
  readonly deploys: boolean;
  /** What the target was given last; null: nothing that is known. */
  readonly current: Pick<Deployed, "tag" | "digest" | "deliveryId" | "deployedAt"> | null;
}

export interface DeployedStore {
  /** Newest first; `last` is an id. Null when there is no such space. */
  list(grant: SpaceGrant, filter: DeployedFilter, page: PageRequest): Promise<Page<Deployed> | null>;
  /** Empty for a delivery that deploys nothing, as of a deletion. */
  redelivery(grant: SpaceGrant, deliveryId: string): Promise<readonly Redelivery[]>;
}

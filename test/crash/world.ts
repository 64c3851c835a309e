import type { Access } from "../../harness/live/ask.ts";
import type { OwnServer } from "../../harness/live/server.ts";
import type { Home } from "../clients/support/home.ts";

export const SPACE = "crash";

/** The counts of a run. */
export const NO_FIGURES = {
  killsInPushes: 0,
  killsInUpkeep: 0,
  pushesAcknowledged: 0,
  redone: 0,
  sessionsResumed: 0,
  imagesPulled: 0,
  blobsRead: 0,
  imagesDeleted: 0,
  orphansCollected: 0,
  objectsDeleted: 0,
  mostRunsUntilRest: 0,
};

/** An image whose push was acknowledged. */
export interface PushedImage {
  readonly repository: string;
  readonly digest: string;
}

export interface World {
  readonly server: OwnServer;
  /** The access with all rights in {@link SPACE}. */
  readonly access: Access;
  /**
   * Homes that are logged in with the same secret, one for each client that is a command: in one home they
   * would overwrite each other's logins.
   */
  readonly homes: Readonly<Record<"docker" | "skopeo" | "oras", Home>>;
  readonly random: () => number;
  readonly figures: typeof NO_FIGURES;
  readonly violations: string[];
  /** The images that were acknowledged and not deleted since. */
  readonly images: Set<PushedImage>;
  /** The images whose deletion was acknowledged. */
  readonly gone: Set<PushedImage>;
}

export const TAG = "1";

/** Prints the progress of a round on the terminal, beside the findings. */
export function progress(message: string): void {
  console.error(`  … ${Math.round(performance.now() / 1000)} s  ${message}`);
}

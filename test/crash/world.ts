import type { Access } from "../../harness/live/ask.ts";
import type { OwnServer } from "../../harness/live/server.ts";
import type { Home } from "../clients/support/home.ts";

export const SPACE = "crash";

/** What a run counts. */
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
  /** May do everything in {@link SPACE}. */
  readonly access: Access;
  /** Logged in with the same secret, one for each client that is a command: they would overwrite each other's logins. */
  readonly homes: Readonly<Record<"docker" | "skopeo" | "oras", Home>>;
  readonly random: () => number;
  readonly figures: typeof NO_FIGURES;
  readonly violations: string[];
  /** Every image that was acknowledged and not deleted since. */
  readonly images: Set<PushedImage>;
  /** Every image whose deletion was acknowledged. */
  readonly gone: Set<PushedImage>;
}

export const TAG = "1";

/** What a round tells of itself on the terminal, beside the findings. */
export function progress(message: string): void {
  console.error(`  … ${Math.round(performance.now() / 1000)} s  ${message}`);
}

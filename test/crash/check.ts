import { ask } from "../../harness/live/ask.ts";
import { pullImage } from "../../harness/live/image.ts";
import { readState } from "../../harness/live/state.ts";
import { runUpkeepToRest, violationsOf } from "../../harness/live/upkeep.ts";
import type { Attempt } from "./attempts.ts";
import { type PushedImage, TAG, type World } from "./world.ts";

/** Checks that every one of these images is there, to the last byte. */
export async function pullAll(
  { access, figures, violations }: World,
  images: readonly PushedImage[],
  when: string,
): Promise<void> {
  for (const { repository, digest } of images) {
    try {
      figures.blobsRead += await pullImage(access, repository, TAG, digest);
      figures.imagesPulled += 1;
    } catch (fault) {
      violations.push(`${when}: ${repository} was acknowledged and does not pull: ${String(fault)}`);
    }
  }
}

/** Checks that deleted content stays deleted. */
export async function confirmGone({ access, gone, violations }: World): Promise<void> {
  for (const { repository, digest } of gone) {
    await ask(access, "GET", `/v2/${repository}/manifests/${digest}`, { expect: [404] }).catch((fault: unknown) => {
      violations.push(`${repository} was deleted and is back: ${String(fault)}`);
    });
  }
}

/** Repeats every attempt that was not acknowledged. */
export async function redo({ figures, violations }: World, attempts: readonly Attempt[]): Promise<void> {
  for (const { what, again } of attempts) {
    try {
      await again();
      figures.redone += 1;
    } catch (fault) {
      violations.push(`${what} was not acknowledged and fails again: ${String(fault)}`);
    }
  }
}

/** Runs upkeep, and checks that it leaves exactly the referenced content. */
export async function bringToRest({ server, figures, violations }: World): Promise<void> {
  figures.orphansCollected += readState(server.state).orphans.length;
  const rest = await runUpkeepToRest(server);
  figures.mostRunsUntilRest = Math.max(figures.mostRunsUntilRest, rest.runs);
  figures.objectsDeleted = rest.state.deleted;
  violations.push(...violationsOf(rest));
}

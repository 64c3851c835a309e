import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../../harness/live/ask.ts";
import type { Push } from "./pushes.ts";
import type { PushedImage, World } from "./world.ts";

/** An action that a client attempts. */
export interface Attempt {
  readonly what: string;
  /** True if the client was told that it succeeded. */
  readonly acknowledged: Promise<boolean>;
  /** Repeats it; throws if that fails. */
  readonly again: () => Promise<void>;
}

/** Milliseconds within which deletions come. */
const DELETED_WITHIN = 3000;

export function attemptPush({ images, figures, violations }: World, push: Push): Attempt {
  const send = async (): Promise<void> => {
    const digest = await push.send();
    images.add({ repository: push.repository, digest });
    figures.pushesAcknowledged += 1;
  };
  const refused = (fault: unknown): void => {
    if (push.persists) violations.push(`${push.repository}: a client that goes on got no further: ${String(fault)}`);
  };
  return { what: push.repository, acknowledged: acknowledges(send, refused), again: send };
}

export function attemptDeletion(world: World, image: PushedImage): Attempt {
  const { access, figures, images, gone, random } = world;
  const address = `/v2/${image.repository}/manifests/${image.digest}`;
  // Until the answer comes, nobody can say if it is there.
  images.delete(image);
  const moment = random() * DELETED_WITHIN;
  const send = async (expect: readonly number[]): Promise<void> => {
    await ask(access, "DELETE", address, { expect });
    gone.add(image);
    figures.imagesDeleted += 1;
  };
  return {
    what: `the deletion of ${image.repository}`,
    acknowledged: acknowledges(() => sleep(moment).then(() => send([202]))),
    // It may have been done without an answer.
    again: () => send([202, 404]),
  };
}

async function acknowledges(send: () => Promise<void>, refused?: (fault: unknown) => void): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (fault) {
    refused?.(fault);
    return false;
  }
}

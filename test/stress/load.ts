import { ask } from "../../harness/live/ask.ts";
import { pullImage } from "../../harness/live/image.ts";
import { pick } from "../support/random.ts";
import { pushOne } from "./push.ts";
import type { PushedImage, World } from "./world.ts";

/** The approximate number of images at a time. */
const LIVE = 20;
/** The number of violations after which more of them tell nothing. */
const MOST_VIOLATIONS = 20;

/** Repeats an action until the time is over. A fault that it throws is a violation. */
export async function repeatUntil({ violations }: World, end: number, action: () => Promise<void>): Promise<void> {
  while (Date.now() < end && violations.length < MOST_VIOLATIONS) {
    try {
      await action();
    } catch (fault) {
      violations.push(fault instanceof Error ? fault.message : String(fault));
    }
  }
}

/** Pushes or deletes, so that there are always some images. */
export async function change(world: World): Promise<void> {
  const { random, live } = world;
  await (random() * LIVE * 2 < live.size ? deleteOne(world) : pushOne(world));
}

/** Deletes one of the images. */
export async function deleteOne({ random, live, gone, figures }: World): Promise<void> {
  const pushed = pick(random, [...live]);
  live.delete(pushed);
  const { repository, image } = pushed;
  await ask(repository.access, "DELETE", `/v2/${repository.name}/manifests/${image.manifest.digest}`, {
    expect: [202],
  });
  figures.imagesDeleted += 1;
  gone.add(pushed);
}

/** Pulls an image, by its tag or its digest. A pull may fail only once the deletion has begun. */
export async function pullOne(world: World): Promise<void> {
  const { random, live, figures } = world;
  if (live.size === 0) return new Promise((wake) => setTimeout(wake, 50));
  const pushed = pick(random, [...live]);
  try {
    await pull(pushed, random() < 0.5 ? pushed.tag : pushed.image.manifest.digest);
    figures.pulls += 1;
  } catch (fault) {
    if (live.has(pushed)) throw fault;
    figures.pullsOvertaken += 1;
  }
}

/** Pulls every image that was acknowledged and not deleted. */
export async function pullAll({ live, figures, violations }: World, when: string): Promise<void> {
  for (const pushed of live) {
    try {
      await pull(pushed, pushed.tag);
      figures.pulls += 1;
    } catch (fault) {
      violations.push(`${when}: ${String(fault)}`);
    }
  }
}

async function pull({ repository: { access, name }, image }: PushedImage, reference: string): Promise<void> {
  await pullImage(access, name, reference, image.manifest.digest);
}

import { setTimeout as sleep } from "node:timers/promises";
import { runUpkeep } from "../../harness/live/upkeep.ts";
import { pick } from "../support/random.ts";
import { type Attempt, attemptDeletion, attemptPush } from "./attempts.ts";
import { bringToRest, confirmGone, pullAll, redo } from "./check.ts";
import { preparePushes } from "./pushes.ts";
import { progress, type PushedImage, type World } from "./world.ts";

/** Milliseconds at most that the server lives on after some of the attempts have ended. */
const LONGEST_RESPITE = 1500;
/** Milliseconds into upkeep, at most. */
const LATEST_IN_UPKEEP = 400;
/** The number of rounds after which upkeep is killed too. */
const UPKEEP_EVERY = 3;
/** The most images of earlier rounds that a round deletes, and that it pulls again. */
const DELETED = 3;
const PULLED_AGAIN = 5;

/** Plays one round: pushes and deletions, a kill among them, and a start. Then compares the acknowledged changes with the content. */
export async function playRound(world: World, round: number): Promise<void> {
  const { images } = world;
  const pushes = await preparePushes(world, round);
  const doomed = choose(world, DELETED);
  progress(`round ${round}: ${pushes.length} pushes, ${doomed.length} deletions`);
  const attempts = [
    ...pushes.map((push) => attemptPush(world, push)),
    ...doomed.map((image) => attemptDeletion(world, image)),
  ];
  const earlier = new Set(images);
  await killAmong(world, attempts);
  const acknowledged = await Promise.all(attempts.map((attempt) => attempt.acknowledged));
  const failed = attempts.filter((_, index) => acknowledged[index] === false);
  progress(`${attempts.length - failed.length} acknowledged, ${failed.length} not`);
  const again = choose(world, PULLED_AGAIN);
  const fresh = (): PushedImage[] => [...images].filter((image) => !earlier.has(image));
  await pullAll(world, [...new Set([...fresh(), ...again])], "after a kill in pushes");
  await redo(world, failed);
  progress("done again");
  if (round % UPKEEP_EVERY === 0) await killInUpkeep(world);
  await bringToRest(world);
  await pullAll(world, fresh(), "after upkeep");
  await confirmGone(world);
  progress(`${world.violations.length} violations so far; ${JSON.stringify(world.figures)}`);
}

function choose({ images, random }: World, most: number): readonly PushedImage[] {
  const all = [...images];
  return all.length === 0 ? [] : [...new Set(Array.from({ length: most }, () => pick(random, all)))];
}

async function killAmong({ server, random, figures }: World, attempts: readonly Attempt[]): Promise<void> {
  const left = new Set(attempts);
  for (const attempt of attempts) void attempt.acknowledged.then(() => left.delete(attempt));
  // From none to all but one, mostly few, so that more is under way.
  const most = attempts.length - Math.floor(random() ** 2 * attempts.length);
  while (left.size > most) await sleep(10);
  await sleep(random() * LONGEST_RESPITE);
  if (left.size > 0) figures.killsInPushes += 1;
  progress(`killed with ${left.size} of ${attempts.length} under way`);
  await server.kill();
  await server.start();
  progress("started again");
}

async function killInUpkeep({ server, random, figures }: World): Promise<void> {
  const ended = runUpkeep(server).then(
    () => true,
    () => false,
  );
  await sleep(random() * LATEST_IN_UPKEEP);
  await server.kill();
  if (!(await ended)) figures.killsInUpkeep += 1;
  await server.start();
}

import { AsyncLocalStorage } from "node:async_hooks";
import { disturbCalls } from "./counting.ts";

/** One of the pieces of work that run at once. */
interface Actor {
  /** The calls that it wants to make; each continues when it is let. */
  readonly waiting: (() => void)[];
  /** The number of calls under way. */
  calls: number;
  finished: boolean;
}

/** Chooses among works by their places in the list. */
export type Pick = (waiting: readonly number[]) => number | undefined;

/** Turns of the event loop without a new call, after which none will come before a call is let continue. */
const QUIET_TURNS = 3;

/**
 * Runs works at once, one call to a binding at a time: before each call, `pick` chooses which of the
 * waiting works continues. The same picks give the same order. Rejects if one of the works did, after all
 * have ended.
 */
export async function interleave(works: readonly (() => Promise<void>)[], pick: Pick): Promise<void> {
  const current = new AsyncLocalStorage<Actor>();
  const actors = works.map((): Actor => ({ waiting: [], calls: 0, finished: false }));
  await disturbCalls(
    // Calls within a Durable Object belong to no work here: the request to the object was let continue.
    (_, proceed) => inTurn(current.getStore(), proceed),
    async () => {
      const running = works.map((work, place) => actAs(current, actors[place], work));
      for (let next = await nextOf(actors, pick); next !== undefined; next = await nextOf(actors, pick)) next();
      const failed = (await Promise.allSettled(running)).find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  );
}

async function actAs(
  current: AsyncLocalStorage<Actor>,
  actor: Actor | undefined,
  work: () => Promise<void>,
): Promise<void> {
  if (actor === undefined) return;
  try {
    await current.run(actor, work);
  } finally {
    actor.finished = true;
  }
}

async function inTurn(actor: Actor | undefined, proceed: () => unknown): Promise<unknown> {
  if (actor === undefined) return proceed();
  await new Promise<void>((resolve) => {
    actor.waiting.push(resolve);
  });
  actor.calls += 1;
  try {
    return await proceed();
  } finally {
    actor.calls -= 1;
  }
}

/** Returns the call to let continue next; undefined when all works have finished. */
async function nextOf(actors: readonly Actor[], pick: Pick): Promise<(() => void) | undefined> {
  for (let turns = 0; turns < QUIET_TURNS;) {
    await scheduler.wait(0);
    turns = actors.every(isAtRest) ? turns + 1 : 0;
  }
  const waiting = [...actors.keys()].filter((place) => (actors[place]?.waiting.length ?? 0) > 0);
  if (waiting.length === 0) return undefined;
  const picked = actors[pick(waiting) ?? -1]?.waiting.shift();
  if (picked === undefined) throw new Error("what was picked does not wait");
  return picked;
}

function isAtRest({ waiting, calls, finished }: Actor): boolean {
  return finished || (calls === 0 && waiting.length > 0);
}

import { setTimeout as sleep } from "node:timers/promises";
import { UnexpectedAnswer } from "../../harness/live/ask.ts";
import { isHealthy } from "../../harness/live/server.ts";

const TRIES = 5;
/** Milliseconds. */
const STARTS_WITHIN = 240_000;

/** Repeats an action until it is answered, through all failures of the server. The action must be repeatable. */
export async function patiently<T>(url: string, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (fault) {
      if (!isDisturbance(fault) || attempt === TRIES) throw fault;
      await untilHealthy(url);
    }
  }
}

/** True if the fault shows that the server is away, rather than that it refuses. */
export function isDisturbance(fault: unknown): boolean {
  return fault instanceof UnexpectedAnswer ? fault.status >= 502 : fault instanceof TypeError;
}

export async function untilHealthy(url: string): Promise<void> {
  const deadline = Date.now() + STARTS_WITHIN;
  while (!(await isHealthy(url))) {
    if (Date.now() > deadline) throw new Error(`${url} did not come back`);
    await sleep(100);
  }
}

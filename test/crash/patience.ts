import { setTimeout as sleep } from "node:timers/promises";
import { UnexpectedAnswer } from "../../harness/live/ask.ts";
import { isHealthy } from "../../harness/live/server.ts";

const TRIES = 5;
/** Milliseconds. */
const STARTS_WITHIN = 240_000;

/** Does something until it is answered, whatever the server goes through meanwhile. It must be one that may be repeated. */
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

/** True if it tells of a server that is not there, rather than of one that refuses. */
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

import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between tries, for as long as there is hope. */
export interface Backoff {
  /**
   * Waits before the next try; throws `failure` once patience is at its end. `asked`: milliseconds that the other side
   * asked for, or null.
   */
  pause(failure: unknown, asked: number | null): Promise<void>;
  /** There was progress: patience begins anew. */
  reset(): void;
}

export interface BackoffOptions {
  /** Milliseconds without progress after which it is given up. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 15_000;

/** Each pause is about twice the last, with chance in it, so that many clients do not come back at once. */
export function makeBackoff({ patience, signal, wait }: BackoffOptions): Backoff {
  let tries = 0;
  let waited = 0;
  const pauseFor = wait ?? ((milliseconds) => sleep(milliseconds, undefined, signal === undefined ? {} : { signal }));
  return {
    pause: async (failure, asked) => {
      signal?.throwIfAborted();
      const own = Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE) * (0.5 + Math.random() / 2);
      const pause = Math.max(own, Math.min(asked ?? 0, patience));
      if (waited + pause > patience) throw failure;
      tries += 1;
      waited += pause;
      await pauseFor(pause);
      signal?.throwIfAborted();
    },
    reset: () => {
      tries = 0;
      waited = 0;
    },
  };
}

/** The Retry-After header in milliseconds: seconds, or a date (RFC 9110, 10.2.3). Null where it says nothing. */
export function retryAfter(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : null;
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530]);

/** Whether an answer of this status may be another one a little later. Those over 520 are Cloudflare's own. */
export function mayChange(status: number): boolean {
  return PASSING.has(status);
}

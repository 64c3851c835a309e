import { setTimeout as sleep } from "node:timers/promises";
import { ANSWER_WITHIN } from "./transport.ts";

/** Pauses between tries, for as long as there is hope. */
export interface Backoff {
  /**
   * Waits before the next try; throws `failure` once patience is at its end. `asked`: milliseconds that the other side
   * asked for, or null.
   */
  pause(failure: unknown, asked: number | null): Promise<void>;
  /** There was progress: patience begins anew. */
  reset(): void;
  /**
   * Milliseconds that the next try may be without an answer, of `least` for the first: each time twice as long, so that
   * a dead connection is left soon, and a slow registry is heard in the end.
   */
  answerWithin(least: number): number;
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
    answerWithin: (least) => Math.min(least * 2 ** tries, ANSWER_WITHIN),
  };
}

/** Seconds. Nobody is asked to wait for a year: such a number is a moment, as Docker Hub sends it. */
const A_YEAR = 31_536_000;

/** As large as no moment in seconds will be for a long time: then it is one in milliseconds. */
const IN_MILLISECONDS = 100_000_000_000;

/**
 * The Retry-After header in milliseconds from now: seconds, a date (RFC 9110, 10.2.3), or a moment as Unix time in seconds
 * or milliseconds. Null where it says nothing.
 */
function retryAfter(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const pause = /^\d+(?:\.\d+)?$/.test(text) ? fromNumber(Number(text), now) : Date.parse(text) - now.getTime();
  return Number.isFinite(pause) ? Math.max(pause, 0) : null;
}

function fromNumber(value: number, now: Date): number {
  if (value < A_YEAR) return value * 1000;
  return (value < IN_MILLISECONDS ? value * 1000 : value) - now.getTime();
}

/**
 * Milliseconds until a registry lets more through, where Retry-After does not say: by the headers that tell of limits
 * (`RateLimit-Reset`, `X-RateLimit-Reset`), as GitHub, GitLab and others send them. Null where those say nothing either.
 */
export function askedToWait(headers: ReadonlyMap<string, string>): number | null {
  // A moment is one by the registry's clock.
  const there = Date.parse(headers.get("date") ?? "");
  const now = Number.isFinite(there) ? new Date(there) : new Date();
  const said = ["retry-after", "x-retry-after", "ratelimit-reset", "x-ratelimit-reset"].map((name) =>
    retryAfter(headers.get(name), now),
  );
  return said.find((pause) => pause !== null) ?? null;
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530]);

/** True if an answer of this status may be another one a little later. Those over 520 are Cloudflare's own. */
export function mayChange(status: number): boolean {
  return PASSING.has(status);
}

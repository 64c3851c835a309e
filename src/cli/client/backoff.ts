import { setTimeout as sleep } from "node:timers/promises";
import { ANSWER_WITHIN } from "./transport.ts";

/** Pauses between tries, until patience is at its end. */
export interface Backoff {
  /**
   * Waits before the next try; throws `failure` once patience is at its end.
   * @param asked milliseconds that the other side asked for, or null
   */
  pause(failure: unknown, asked: number | null): Promise<void>;
  /** Starts patience anew, after progress. */
  reset(): void;
  /**
   * Returns the milliseconds that the next try may be without an answer: `least` for the first, then each time twice as
   * long. So a dead connection is left soon, and a slow registry still gets its time.
   */
  answerWithin(least: number): number;
}

export interface BackoffOptions {
  /** Milliseconds without progress before giving up. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 15_000;

/** Makes pauses that double each time, with some chance in them, so that many clients do not come back at once. */
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

/** Seconds. No registry asks for a year's wait: a larger number is a point in time, as Docker Hub sends it. */
const A_YEAR = 31_536_000;

/** No time in seconds is as large as this for thousands of years: a larger number is in milliseconds. */
const IN_MILLISECONDS = 100_000_000_000;

/**
 * Reads a Retry-After header as milliseconds from now: seconds, a date (RFC 9110, 10.2.3), or Unix time in seconds or
 * milliseconds. Null if it says nothing.
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
 * Returns the milliseconds that a registry asks to wait: from Retry-After, else from the headers on limits
 * (`RateLimit-Reset`, `X-RateLimit-Reset`) that GitHub, GitLab and others send. Null if none of them says.
 */
export function askedToWait(headers: ReadonlyMap<string, string>): number | null {
  // Times in headers are by the registry's clock.
  const there = Date.parse(headers.get("date") ?? "");
  const now = Number.isFinite(there) ? new Date(there) : new Date();
  const said = ["retry-after", "x-retry-after", "ratelimit-reset", "x-ratelimit-reset"].map((name) =>
    retryAfter(headers.get(name), now),
  );
  return said.find((pause) => pause !== null) ?? null;
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530]);

/** True if an answer with this status may change a little later. Statuses from 520 are Cloudflare's own. */
export function mayChange(status: number): boolean {
  return PASSING.has(status);
}

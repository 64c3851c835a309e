/** Seconds before each attempt: at once, then with growing patience for about 28 hours (Svix's schedule). */
const SCHEDULE = [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000] as const;

/** Deliveries that failed together shall not come back together: each wait is longer by up to this part of it. */
const JITTER = 0.1;

/** Milliseconds after which a delivery has been attempted as often as it will be. */
export const DELIVERY_LIFETIME = SCHEDULE.reduce<number>((sum, wait) => sum + wait, 0) * (1 + JITTER) * 1000;

/** No receiver may ask for a longer wait than the schedule's own longest. */
const LONGEST_WAIT = 36_000;

/**
 * Seconds until the next attempt; null when there is none left.
 * @param attempts those that were made.
 * @param retryAfter seconds that the receiver asked for, which count where they are more.
 * @param random from 0 to 1.
 */
export function nextAttemptIn(attempts: number, retryAfter: number | null, random: number): number | null {
  const wait = SCHEDULE[attempts];
  if (wait === undefined) return null;
  return Math.max(Math.ceil(wait * (1 + JITTER * random)), Math.min(retryAfter ?? 0, LONGEST_WAIT));
}

/** Reads a Retry-After header (RFC 9110, 10.2.3) as seconds from now; null where it says nothing usable. */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

/** Seconds before each attempt: none at first, then more and more, for about 28 hours (Svix's schedule). */
const SCHEDULE = [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000] as const;

/** The part of itself by which each wait may grow, so that deliveries that failed together do not come back together. */
const JITTER = 0.1;

/** Milliseconds until a delivery has had all its attempts. */
export const DELIVERY_LIFETIME = SCHEDULE.reduce<number>((sum, wait) => sum + wait, 0) * (1 + JITTER) * 1000;

/** The longest wait that a receiver may ask for, in seconds: the schedule's own longest. */
const LONGEST_WAIT = 36_000;

/**
 * Returns the seconds until the next attempt; null if none is left.
 * @param attempts the number of attempts so far
 * @param retryAfter seconds that the receiver asked for; they count if they are more
 * @param random from 0 to 1
 */
export function nextAttemptIn(attempts: number, retryAfter: number | null, random: number): number | null {
  const wait = SCHEDULE[attempts];
  if (wait === undefined) return null;
  return Math.max(Math.ceil(wait * (1 + JITTER * random)), Math.min(retryAfter ?? 0, LONGEST_WAIT));
}

/** Reads a Retry-After header (RFC 9110, 10.2.3) as seconds from now; null if it says nothing usable. */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

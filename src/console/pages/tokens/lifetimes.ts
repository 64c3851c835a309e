/** A token's possible lifetimes, each with its words. */
export const LIFETIMES = {
  "7 days": "in 7 days",
  "30 days": "in 30 days",
  "90 days": "in 90 days",
  year: "in a year",
  never: "never",
  date: "on a date …",
} as const;

export type Lifetime = keyof typeof LIFETIMES;

const DAYS: Partial<Record<Lifetime, number>> = { "7 days": 7, "30 days": 30, "90 days": 90, year: 365 };

/**
 * Returns the seconds until a token expires; null if it does not.
 * @param date such as `2026-11-28`, until the end of that day in the reader's zone
 */
export function secondsOf(lifetime: Lifetime, date: string, now: number): number | null {
  const days = DAYS[lifetime];
  if (days !== undefined) return days * 86_400;
  return lifetime === "date" ? Math.floor((Date.parse(`${date}T23:59:59`) - now) / 1000) : null;
}

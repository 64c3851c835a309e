/** How long a token may last, by what one chooses. */
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

/** Seconds until its end; null: it has none. @param date as in `2026-11-28`, whose end in the reader's zone it is. */
export function secondsOf(lifetime: Lifetime, date: string, now: number): number | null {
  const days = DAYS[lifetime];
  if (days !== undefined) return days * 86_400;
  return lifetime === "date" ? Math.floor((Date.parse(`${date}T23:59:59`) - now) / 1000) : null;
}

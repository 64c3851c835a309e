/** The distribution of some durations, in milliseconds. */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Returns the distribution of durations; null if there are none. */
export function spreadOf(durations: readonly number[]): Spread | null {
  const sorted = durations.toSorted((a, b) => a - b);
  const [min] = sorted;
  if (min === undefined) return null;
  // With few values, the high percentiles are the highest value.
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? min;
  return { count: sorted.length, min, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

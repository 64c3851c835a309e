/** Fractions of a power of ten whose quarters are short to write. */
const STEPS = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10] as const;

/** Returns a round number that is no smaller than the value, for the end of a scale. */
export function niceMax(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * power >= value) ?? 10) * power;
}

/** Returns the values at which a scale has lines: zero, its end, and three between. */
export function linesOf(max: number): readonly number[] {
  return [0, max / 4, max / 2, (max * 3) / 4, max];
}

/** Parts of a power of ten whose quarters are short to write. */
const STEPS = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10] as const;

/** The end of a scale that a value fits on, as a person would choose it. */
export function niceMax(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * power >= value) ?? 10) * power;
}

/** Where a scale has lines: at nothing, at its end, and between. */
export function linesOf(max: number): readonly number[] {
  return [0, max / 4, max / 2, (max * 3) / 4, max];
}

/** Ranges of the chart, in days before today. */
export const RANGES = [30, 90, 400] as const;

export type Range = (typeof RANGES)[number];

/** Days that the line may go back. */
export const RANGES = [30, 90, 400] as const;

export type Range = (typeof RANGES)[number];

/** Bytes. */
export const MB = 1_000_000;
/** Bytes. */
export const MIB = 1024 * 1024;

/** As in "10 MiB". */
export function sizeText(bytes: number): string {
  return `${bytes / MIB} MiB`;
}

/** Megabytes a second. */
export function rate(bytes: number, ms: number): number {
  return bytes / MB / (ms / 1000);
}

/** The middle of some numbers; the higher of the two in the middle where there are two. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error("there is no median of nothing");
  return middle;
}

/** Says on the terminal what is being done, beside the results. */
export function progress(message: string): void {
  console.error(`  … ${message}`);
}

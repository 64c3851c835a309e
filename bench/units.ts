/** Bytes. */
export const MB = 1_000_000;
/** Bytes. */
export const MIB = 1024 * 1024;

/** Formats a size: "10 MiB". */
export function sizeText(bytes: number): string {
  return `${bytes / MIB} MiB`;
}

/** Returns megabytes a second. */
export function rate(bytes: number, ms: number): number {
  return bytes / MB / (ms / 1000);
}

/** Returns the middle of some numbers; of two in the middle, the higher. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error("there is no median of nothing");
  return middle;
}

/** Reports progress on standard error, apart from the results. */
export function progress(message: string): void {
  console.error(`  … ${message}`);
}

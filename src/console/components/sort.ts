/** A value to sort rows by; null comes last. */
export type SortValue = string | number | null;

/** Compares as people do: 1.9 before 1.10, ignoring case. */
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export function compareValues(left: SortValue, right: SortValue): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === "number" && typeof right === "number") return left - right;
  return collator.compare(String(left), String(right));
}

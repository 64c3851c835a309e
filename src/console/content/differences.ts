import { compareValues } from "../components/sort.ts";
import type { Entry } from "./json.ts";

/** A difference between two lists of names and values; null if a list lacks the name. */
export interface Difference {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Returns the names whose value differs, or that only one list has. Several values of a name count as one. */
export function differencesOf(from: readonly Entry[], to: readonly Entry[]): readonly Difference[] {
  const [before, after] = [valuesOf(from), valuesOf(to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, from: before.get(name) ?? null, to: after.get(name) ?? null }))
    .filter((one) => one.from !== one.to);
}

function valuesOf(entries: readonly Entry[]): ReadonlyMap<string, string> {
  const groups = Map.groupBy(entries, ([name]) => name);
  return new Map(
    [...groups].map(([name, found]) => [
      name,
      [...new Set(found.map(([, value]) => value))].toSorted(compareValues).join(", "),
    ]),
  );
}

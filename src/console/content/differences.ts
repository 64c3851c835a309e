import { compareValues } from "../components/sort.ts";
import type { Entry } from "./json.ts";

/** What differs between two lists of names and values; null where one has no such name. */
export interface Difference {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Names with another value, or in one list alone. Several values of a name are one. */
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

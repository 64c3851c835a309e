/**
 * Versions as text that sorts as they do, so that the database finds the newest by an index. `migrations/0034` makes the same
 * text of each tag's name: the column `version`, and with capitals folded `version_folded`.
 */
import type { Bound, Interval, Range } from "./range.ts";
import { compareVersions, isPrerelease, type Version } from "./version.ts";

/** Numbers of a release, as many as any has. */
const NUMBERS = 4;

/** Identifiers of a prerelease that the key has; versions that differ only after these have the same key. */
const IDENTIFIERS = 5;

/** Sorts after whatever else stands in its place. */
const RELEASE = "~";

/** Makes the key of a version: the newer of two never has the lesser one. */
export function versionKey({ release, prerelease }: Version): string {
  const numbers = Array.from({ length: NUMBERS }, (_, index) => numberKey(release[index] ?? 0n));
  const label = prerelease.length === 0 ? RELEASE : `0${prerelease.slice(0, IDENTIFIERS).map(identifierKey).join("")}`;
  return `${numbers.join("")}${label}`;
}

/** A number with the count of its digits before it. */
function numberKey(number: bigint): string {
  const digits = number === 0n ? "" : String(number);
  return `${String(digits.length).padStart(3, "0")}${digits}`;
}

/** Numbers come before words; a space comes before whatever a longer word goes on with. */
function identifierKey(identifier: string): string {
  return /^\d+$/.test(identifier) ? `1${numberKey(BigInt(identifier))}` : `2${identifier} `;
}

/** A range of keys, of versions of one kind, that the database is asked for. */
export interface VersionSpan {
  /** Ten times how many numbers they have, plus 0 for releases, 1 for prereleases, 2 for prereleases with capitals. */
  readonly kind: number;
  /** Compared as NuGet does, which does not tell capitals apart. */
  readonly folded: boolean;
  readonly from: string;
  /** Null: no end. */
  readonly to: string | null;
}

interface SpanRules {
  readonly range: Range;
  /** True if capitals are told apart, as SemVer does and NuGet does not. */
  readonly folded: boolean;
  /** The counts of numbers that a version may have. */
  readonly numbers: readonly number[];
  readonly withPrereleases: boolean;
}

/** Finds everything that is not older than the version and within the range: all that could be newer, by the order of the keys. */
export function spansFrom(version: Version, { range, folded, numbers, withPrereleases }: SpanRules): VersionSpan[] {
  const labels = withPrereleases ? [0, 1, 2] : [0];
  return above(range, version).flatMap(({ lower, upper }) =>
    numbers.flatMap((count) =>
      labels.map((label) => ({
        kind: count * 10 + label,
        folded: folded && label === 2,
        from: versionKey(lower.version),
        to: upper === null ? null : versionKey(upper.version),
      })),
    ),
  );
}

/** The parts of a range that are not below a version. */
function above(range: Range, version: Version): readonly (Interval & { readonly lower: Bound })[] {
  const least: Bound = { version, inclusive: true };
  return range
    .filter(({ upper }) => upper === null || compareVersions(upper.version, version) >= 0)
    .map(({ lower, upper }) => ({
      lower: lower !== null && compareVersions(lower.version, version) > 0 ? lower : least,
      upper,
    }));
}

/** All counts of numbers that versions may have. */
export const ANY_NUMBERS: readonly number[] = [1, 2, 3, 4];

/** Returns the kind that the database gives a version, by its tag's name. */
export function kindOf(version: Version): number {
  const capitals = version.prerelease.some((identifier) => /[A-Z]/.test(identifier));
  return version.release.length * 10 + (isPrerelease(version) ? 1 + Number(capitals) : 0);
}

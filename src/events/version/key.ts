/**
 * Versions as text that sorts as they do, so that the database finds the newest by an index.
 * `migrations/0034` makes the same text of each tag's name: in the column `version`, and with capitals
 * folded in `version_folded`.
 */
import type { Bound, Interval, Range } from "./range.ts";
import { compareVersions, isPrerelease, type Version } from "./version.ts";

/** Numbers of a release at most. */
const NUMBERS = 4;

/** Identifiers of a prerelease in the key. Versions that differ only after these have the same key. */
const IDENTIFIERS = 5;

/** Sorts after everything else in its place. */
const RELEASE = "~";

/** Makes the key of a version. A newer version never has a lesser key. */
export function versionKey({ release, prerelease }: Version): string {
  const numbers = Array.from({ length: NUMBERS }, (_, index) => numberKey(release[index] ?? 0n));
  const label = prerelease.length === 0 ? RELEASE : `0${prerelease.slice(0, IDENTIFIERS).map(identifierKey).join("")}`;
  return `${numbers.join("")}${label}`;
}

/** Writes a number after the count of its digits. */
function numberKey(number: bigint): string {
  const digits = number === 0n ? "" : String(number);
  return `${String(digits.length).padStart(3, "0")}${digits}`;
}

/** Writes an identifier. Numbers come before words; a space comes before the rest of any longer word. */
function identifierKey(identifier: string): string {
  return /^\d+$/.test(identifier) ? `1${numberKey(BigInt(identifier))}` : `2${identifier} `;
}

/** A range of keys, for versions of one kind, to ask the database for. */
export interface VersionSpan {
  /** Ten times the count of their numbers, plus 0 for releases, 1 for prereleases, 2 for prereleases with capitals. */
  readonly kind: number;
  /** True to compare as NuGet does, without regard to capitals. */
  readonly folded: boolean;
  readonly from: string;
  /** Null for no end. */
  readonly to: string | null;
}

interface SpanRules {
  readonly range: Range;
  /** True to fold capitals, as NuGet does and SemVer does not. */
  readonly folded: boolean;
  /** The counts of numbers that a version may have. */
  readonly numbers: readonly number[];
  readonly withPrereleases: boolean;
}

/** Finds every version within the range that is not older than this one, by the order of the keys: all that could be newer. */
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

/** Returns the parts of a range that are not below a version. */
function above(range: Range, version: Version): readonly (Interval & { readonly lower: Bound })[] {
  const least: Bound = { version, inclusive: true };
  return range
    .filter(({ upper }) => upper === null || compareVersions(upper.version, version) >= 0)
    .map(({ lower, upper }) => ({
      lower: lower !== null && compareVersions(lower.version, version) > 0 ? lower : least,
      upper,
    }));
}

/** The counts of numbers that versions may have. */
export const ANY_NUMBERS: readonly number[] = [1, 2, 3, 4];

/** Returns the kind that the database gives a version, by its tag's name. */
export function kindOf(version: Version): number {
  const capitals = version.prerelease.some((identifier) => /[A-Z]/.test(identifier));
  return version.release.length * 10 + (isPrerelease(version) ? 1 + Number(capitals) : 0);
}

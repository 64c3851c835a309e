import { RuleError } from "../rule-error.ts";
import { compareVersions, isPrerelease, type Version } from "./version.ts";

/** An end of an interval. */
export interface Bound {
  readonly version: Version;
  readonly inclusive: boolean;
}

/** The versions between two bounds; a null bound is open. */
export interface Interval {
  readonly lower: Bound | null;
  readonly upper: Bound | null;
}

/** The versions that are in any of the intervals. */
export type Range = readonly Interval[];

export const EVERYTHING: Interval = { lower: null, upper: null };

export function contains(range: Range, version: Version): boolean {
  return range.some(
    ({ lower, upper }) =>
      (lower === null || admits(lower, compareVersions(version, lower.version))) &&
      (upper === null || admits(upper, compareVersions(upper.version, version))),
  );
}

function admits({ inclusive }: Bound, order: number): boolean {
  return order > 0 || (inclusive && order === 0);
}

/** The prerelease `-0`, which sorts before all others. This one is known by identity: nobody wrote it. */
const FLOOR: readonly string[] = ["0"];

/** Returns a version that is not above any that begins with these numbers, prereleases included: npm writes it `1.2.0-0`. */
function floorOf(release: readonly bigint[]): Version {
  return { release, prerelease: FLOOR };
}

const LOWEST: Bound = { version: floorOf([0n]), inclusive: true };

/** Returns the versions that are in both. */
export function intersect(left: Interval, right: Interval): Interval {
  return {
    lower: narrower(left.lower, right.lower, (a, b) => compareVersions(a, b)),
    upper: narrower(left.upper, right.upper, (a, b) => compareVersions(b, a)),
  };
}

function narrower(
  left: Bound | null,
  right: Bound | null,
  order: (left: Version, right: Version) => number,
): Bound | null {
  if (left === null || right === null) return left ?? right;
  const ordered = order(left.version, right.version);
  if (ordered === 0) return left.inclusive ? right : left;
  return ordered > 0 ? left : right;
}

/** Returns the interval itself. Throws RuleError if no version can be in it, as in `>2 <1`. */
export function requireRoom(interval: Interval, text: string): Interval {
  const { lower, upper } = interval;
  const from = lower ?? LOWEST;
  const order = upper === null ? 1 : compareVersions(upper.version, from.version);
  if (order > 0 || (order === 0 && from.inclusive && upper?.inclusive === true)) return interval;
  throw new RuleError(`no version can be within "${text}"`);
}

export function exactly(version: Version): Interval {
  const bound = { version, inclusive: true };
  return { lower: bound, upper: bound };
}

/** Returns all versions that begin with these numbers, prereleases included: `1.2` for `1.2.x`. Without numbers, all versions. */
export function startingWith(release: readonly bigint[]): Interval {
  if (release.length === 0) return EVERYTHING;
  return { lower: { version: floorOf(release), inclusive: true }, upper: beforeNext(release, release.length - 1) };
}

/** Returns the bound below the next higher number at that place: `1.3` after `1.2.5` at 1. */
export function beforeNext(release: readonly bigint[], place: number): Bound {
  const raised = release.slice(0, place + 1).map((number, index) => (index === place ? number + 1n : number));
  return { version: floorOf(raised), inclusive: false };
}

/** True if the range names a prerelease, so that it means to include prereleases. */
export function namesPrerelease(range: Range): boolean {
  return bounds(range).some(({ version }) => version.prerelease !== FLOOR && isPrerelease(version));
}

/** True if the range has releases in it, and not only the prereleases of one, as `[1.0-rc.1]` has. */
export function holdsReleases(range: Range): boolean {
  return range.some(({ lower, upper }) => {
    if (lower === null || !isPrerelease(lower.version)) return true;
    return contains([{ lower, upper }], { ...lower.version, prerelease: [] });
  });
}

function bounds(range: Range): readonly Bound[] {
  return range.flatMap(({ lower, upper }) => [lower, upper]).filter((bound) => bound !== null);
}

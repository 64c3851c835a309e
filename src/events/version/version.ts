/**
 * A tag read as a version: SemVer 2.0.0, and the other forms that registries hold: an optional v, one to
 * four numbers (as in Octopus and NuGet), and Helm's `_` for `+`, which no tag can have.
 */
export interface Version {
  /** One to four numbers; a missing one counts as zero. They have no limit, since tags hold dates and build numbers. */
  readonly release: readonly bigint[];
  /** The identifiers between the dots; empty for a release. */
  readonly prerelease: readonly string[];
}

const VERSION = /^v?(\d+(?:\.\d+){0,3})(?:-([0-9a-z-]+(?:\.[0-9a-z-]+)*))?(?:[+_][0-9a-z._-]+)?$/i;

/**
 * Reads a version; null for text that is none, as `latest`. Leaves out build metadata, which counts
 * neither for order nor for equality (SemVer, 10).
 */
export function parseVersion(text: string): Version | null {
  const [, release, prerelease] = VERSION.exec(text) ?? [];
  if (release === undefined) return null;
  return { release: release.split(".").map(BigInt), prerelease: prerelease?.split(".") ?? [] };
}

export function isPrerelease({ prerelease }: Version): boolean {
  return prerelease.length > 0;
}

/** Compares by SemVer, 11: before (negative), after (positive) or equal (0). */
export function compareVersions(left: Version, right: Version): number {
  return compareReleases(left.release, right.release) || comparePrereleases(left.prerelease, right.prerelease);
}

function compareReleases(left: readonly bigint[], right: readonly bigint[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compare(left[index] ?? 0n, right[index] ?? 0n);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  // A release comes after all its prereleases.
  if (left.length === 0 || right.length === 0) return compare(right.length, left.length);
  for (const [index, identifier] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return compare(left.length, right.length);
}

/** Compares by SemVer, 11: numbers as such, and before words. */
export function compareIdentifiers(left: string, right: string): number {
  const [leftNumber, rightNumber] = [numberIn(left), numberIn(right)];
  if (leftNumber !== null && rightNumber !== null) return compare(leftNumber, rightNumber);
  // Numbers come before words.
  if (leftNumber !== null || rightNumber !== null) return leftNumber === null ? 1 : -1;
  return compare(left, right);
}

function numberIn(identifier: string): bigint | null {
  return /^\d+$/.test(identifier) ? BigInt(identifier) : null;
}

function compare<T extends bigint | number | string>(left: T, right: T): number {
  return left < right ? -1 : Number(left > right);
}

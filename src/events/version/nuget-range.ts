/**
 * Ranges as NuGet and Octopus channels write them (NuGet, "Version ranges"): `1.0` (that or newer),
 * `[1.0]`, `[1.0,2.0)`, `(,1.0]`, `(1.0,)`, and `1.*`, which in a rule means the versions that begin with
 * it.
 */
import { RuleError } from "../rule-error.ts";
import { type Bound, exactly, type Interval, type Range, requireRoom, startingWith } from "./range.ts";
import { parseVersion, type Version } from "./version.ts";

const FLOATING = /^(?:(\d+(?:\.\d+){0,2})\.)?\*$/;
const BRACKETS = /^([[(])([^,[\]()]*)(,?)([^,[\]()]*)([\])])$/;

/** Returns the version in lower case: NuGet ignores case in prereleases. */
export function foldCase(version: Version): Version {
  return { ...version, prerelease: version.prerelease.map((identifier) => identifier.toLowerCase()) };
}

/** Parses a range, with its versions in lower case. Throws RuleError, which says what is wrong. */
export function parseNugetRange(text: string): Range {
  const trimmed = text.trim();
  const floating = FLOATING.exec(trimmed);
  if (floating) return [startingWith(floating[1]?.split(".").map(BigInt) ?? [])];
  if (trimmed.includes("*")) {
    throw new RuleError(
      'a * stands alone or for the last number, as in 1.*; prereleases are for the field "prerelease"',
    );
  }
  const brackets = BRACKETS.exec(trimmed);
  if (brackets) return [requireRoom(parseBrackets(brackets), trimmed)];
  return [{ lower: { version: requireVersion(trimmed), inclusive: true }, upper: null }];
}

function parseBrackets([text, open, least = "", comma, most = "", close]: RegExpExecArray): Interval {
  if (comma) return { lower: boundOf(least, open === "["), upper: boundOf(most, close === "]") };
  if (open !== "[" || close !== "]") throw new RuleError(`"${text}" has one version only, which needs [ and ]`);
  return exactly(requireVersion(least));
}

function boundOf(text: string, inclusive: boolean): Bound | null {
  return text.trim() === "" ? null : { version: requireVersion(text), inclusive };
}

function requireVersion(text: string): Version {
  const version = parseVersion(text.trim());
  if (version) return foldCase(version);
  throw new RuleError(`"${text.trim()}" is neither a version nor a range like 1.0, [1.0,2.0), (,2.0] or 1.*`);
}

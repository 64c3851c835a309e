/**
 * Ranges as npm writes them (node-semver, "Ranges"): `1.2.3`, `>=1.2 <2`, `^1.2`, `~1.2.3`, `1.x`, `*`, `1.2 - 2.3`,
 * `1.x || 3.x`. Our additions: versions have up to four numbers; a comma says "and", as in Helm and Flux;
 * `1.2-rc.1` is one version, and an empty alternative is a mistake.
 */
import { RuleError } from "../rule-error.ts";
import {
  beforeNext,
  type Bound,
  EVERYTHING,
  exactly,
  intersect,
  type Interval,
  type Range,
  requireRoom,
  startingWith,
} from "./range.ts";
import { isPrerelease, parseVersion } from "./version.ts";

/** A version in a range, which may leave its last numbers open: the interval that it means alone, and the numbers that it has. */
interface Operand {
  readonly span: Interval;
  readonly release: readonly bigint[];
}

/** The interval that each comparison makes of its operand. With `^` and `~`, the numbers after the place that they hold fast may change. */
const COMPARISONS: Readonly<Record<string, (operand: Operand) => Interval>> = {
  "": ({ span }) => span,
  "=": ({ span }) => span,
  ">=": ({ span }) => ({ lower: span.lower, upper: null }),
  "<=": ({ span }) => ({ lower: null, upper: span.upper }),
  ">": ({ span }) => ({ lower: beyond(span.upper), upper: null }),
  "<": ({ span }) => ({ lower: null, upper: beyond(span.lower) }),
  "^": (operand) => upTo(operand, caretPlace(operand.release)),
  "~": (operand) => upTo(operand, Math.min(operand.release.length - 1, 1)),
};

/** Parses a range. Throws RuleError, which says what is wrong. */
export function parseSemverRange(text: string): Range {
  return text.split("||").map(parseAlternative);
}

function parseAlternative(text: string): Interval {
  const trimmed = text.trim();
  if (trimmed === "") throw new RuleError("neither a range nor a side of its || can be empty; * means any version");
  const [, first, last] = /^(\S+)\s+-\s+(\S+)$/.exec(trimmed) ?? [];
  const comparators =
    first !== undefined && last !== undefined
      ? [`>=${first}`, `<=${last}`]
      : trimmed.replaceAll(/([<>=^~])\s+/g, "$1").split(/[\s,]+/);
  return requireRoom(comparators.map(parseComparator).reduce(intersect, EVERYTHING), trimmed);
}

function parseComparator(text: string): Interval {
  const [, comparison = "", operand = ""] = /^(>=|<=|[<>=^~]?)(.*)$/.exec(text) ?? [];
  const toInterval = COMPARISONS[comparison];
  const parsed = parseOperand(operand);
  if (toInterval && parsed) return toInterval(parsed);
  throw new RuleError(`"${text}" is neither a version nor a comparison like ^1.2, ~1.2.3, >=1.0 or 1.x`);
}

const OPEN_VERSION = /^v?(?:(\d+(?:\.\d+){0,2})(?:\.[x*]){0,3}|[x*](?:\.[x*]){0,3})$/i;

function parseOperand(text: string): Operand | null {
  const [withoutBuild = ""] = text.split("+", 1);
  const version = parseVersion(withoutBuild);
  if (version && (version.release.length > 2 || isPrerelease(version))) {
    return { span: exactly(version), release: version.release };
  }
  const match = OPEN_VERSION.exec(withoutBuild);
  if (!match) return null;
  const release = match[1]?.split(".").map(BigInt) ?? [];
  return { span: startingWith(release), release };
}

/** Returns the bound's other side. */
function beyond(bound: Bound | null): Bound {
  if (bound === null) throw new RuleError("no version is above or below *: remove the > or < before it");
  return { ...bound, inclusive: !bound.inclusive };
}

function upTo({ span, release }: Operand, place: number): Interval {
  return release.length === 0 ? span : { lower: span.lower, upper: beforeNext(release, place) };
}

/** Returns the place of the first of major, minor and patch that isn't zero; of the last that is given if all are zero. */
function caretPlace(release: readonly bigint[]): number {
  const numbers = release.slice(0, 3);
  const place = numbers.findIndex((number) => number !== 0n);
  return place === -1 ? numbers.length - 1 : place;
}

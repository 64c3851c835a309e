/** Limits of a token that makes tokens: a credential must not be able to do more than its maker. */
import { RegistryError } from "../oci/errors.ts";
import type { Credential } from "./credential.ts";

/**
 * The repositories and the end of a token to make. Times are milliseconds since the epoch; null: it does not expire.
 */
export type Wish = Pick<Credential, "repositories" | "expiresAt">;

/**
 * Bounds a wish by the token that makes it. Without an expiry of its own, the new token ends with its maker. Actions
 * are not bounded: an administrator of a space may hand out any of them. Throws DENIED, with the excess, for a wish
 * that exceeds the maker's rights.
 */
export function delegate(maker: Wish, wish: Wish): Wish {
  const uncovered = uncoveredPattern(maker.repositories, wish.repositories);
  if (uncovered !== null) {
    const own = maker.repositories.join(", ");
    throw tooMuch(`its repositories are ${own}, which do not cover ${uncovered}; repeat its exclusions word for word`);
  }
  if (maker.expiresAt === null) return wish;
  if (wish.expiresAt !== null && wish.expiresAt > maker.expiresAt) {
    throw tooMuch(`it expires at ${new Date(maker.expiresAt).toISOString()}`);
  }
  return { ...wish, expiresAt: wish.expiresAt ?? maker.expiresAt };
}

function tooMuch(reason: string): RegistryError {
  return new RegistryError("DENIED", {
    message: `a token cannot create a token that may do more than itself: ${reason}. Ask for less, or use ADMIN_TOKEN or a token that may do all of it`,
  });
}

/** The most comparisons of two pieces of patterns. It bounds the time for the longest lists to some milliseconds. */
const MAX_STEPS = 2_000_000;

/**
 * Finds a wished pattern that lets through paths outside the maker's patterns, as far as their form tells; null: there
 * is none.
 */
function uncoveredPattern(makers: readonly string[], wished: readonly string[]): string | null {
  const [own, wanted] = [split(makers), split(wished)];
  const budget = { steps: MAX_STEPS };
  const coveredBy = (pattern: string, others: readonly string[]): boolean =>
    others.some((other) => covers(pieces(other), pieces(pattern), budget));
  const outside = wanted.included.find((pattern) => !coveredBy(pattern, own.included));
  if (outside !== undefined) return outside;
  const letIn = own.excluded.find(
    (excluded) =>
      !coveredBy(excluded, wanted.excluded) && wanted.included.some((pattern) => mayMeet(pattern, excluded, budget)),
  );
  return letIn ?? null;
}

interface Patterns {
  readonly included: readonly string[];
  /** Excluding patterns, without their `!`. */
  readonly excluded: readonly string[];
}

function split(patterns: readonly string[]): Patterns {
  return {
    included: patterns.filter((pattern) => !pattern.startsWith("!")),
    excluded: patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1)),
  };
}

function pieces(pattern: string): readonly string[] {
  return pattern.match(/\*\*|\*|[^*]/g) ?? [];
}

/**
 * True only if every path that fits `inner` fits `outer`. It matches `outer` with the pieces of `inner` as if these
 * were a text, in which `*` is one more character that is no slash, and `**` a character that only `**` takes.
 */
function covers(outer: readonly string[], inner: readonly string[], budget: { steps: number }): boolean {
  // Places in `outer` that the pieces of `inner` can have reached so far.
  let reached = skipping(outer, new Set([0]));
  for (const piece of inner) {
    budget.steps -= outer.length;
    if (budget.steps < 0) return false;
    const next = new Set<number>();
    for (const place of reached) {
      const expected = outer[place];
      if (expected === undefined) continue;
      if (expected === "**" || (expected === "*" && piece !== "/" && piece !== "**")) next.add(place);
      else if (expected === piece) next.add(place + 1);
    }
    reached = skipping(outer, next);
  }
  return reached.has(outer.length);
}

/** Adds the places after asterisks, since an asterisk may match an empty text. */
function skipping(outer: readonly string[], places: Set<number>): ReadonlySet<number> {
  for (const place of places) if (outer[place]?.startsWith("*")) places.add(place + 1);
  return places;
}

/** False only if no path fits both. */
function mayMeet(pattern: string, excluded: string, budget: { steps: number }): boolean {
  if (!pattern.includes("*")) return covers(pieces(excluded), pieces(pattern), budget) || budget.steps < 0;
  const left = pattern.split("*", 1)[0] ?? "";
  const right = excluded.split("*", 1)[0] ?? "";
  return left.startsWith(right) || right.startsWith(left);
}

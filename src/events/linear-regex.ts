/**
 * Regular expressions that match in linear time, since they come from users. All states are followed at
 * once (Thompson, "Regular Expression Search Algorithm", 1968), so that no pattern backtracks: a match
 * costs at most the states times the text's length. regex-syntax.ts lists the syntax that a pattern may
 * have; it has the same meaning as in JavaScript, without flags.
 */
import { captureGroups } from "./regex-groups.ts";
import { buildProgram, type Effort, isAt, type Program, reachable, type State } from "./regex-program.ts";
import { parseRegex } from "./regex-syntax.ts";
import { compareIdentifiers } from "./version/version.ts";

export interface LinearRegex {
  /** Tests if the pattern matches anywhere in the text, as RegExp.prototype.test does. */
  readonly test: (text: string) => boolean;
  /** The names of its groups, in order. */
  readonly groups: readonly string[];
  /**
   * Returns the texts of the named groups, in order, as RegExp.prototype.exec has them; null for one that
   * has none, or an empty one. Null without a match.
   */
  readonly capture: (text: string) => readonly (string | null)[] | null;
  /** The characters of tags with which a matching tag can begin. */
  readonly initials: readonly string[];
}

/** Texts whose groups are remembered: as many as are compared. */
const MAX_REMEMBERED = 5000;

/**
 * Makes a regex ready. Throws RuleError, which names the part of the pattern that isn't supported.
 * @param effort grows with each text that is searched
 */
export function compileRegex(pattern: string, effort: Effort = { steps: 0 }): LinearRegex {
  const { node, groups } = parseRegex(pattern);
  const program = buildProgram(node);
  const captured = new Map<string, readonly (string | null)[] | null>();
  return {
    test: (text) => search(program, text, effort),
    groups,
    capture: (text) => {
      const known = captured.get(text);
      if (known !== undefined) return known;
      const found = captureGroups(program, text, groups.length, effort);
      if (captured.size < MAX_REMEMBERED) captured.set(text, found);
      return found;
    },
    get initials() {
      return initialsOf(program);
    },
  };
}

/** Orders two texts by the same groups of both: the first difference counts. Numbers compare as numbers, and come before words. */
export function compareGroups(left: readonly (string | null)[], right: readonly (string | null)[]): number {
  for (const [index, text] of left.entries()) {
    const other = right[index] ?? null;
    const order =
      text === null || other === null
        ? Number(text !== null) - Number(other !== null)
        : compareIdentifiers(text, other);
    if (order !== 0) return order;
  }
  return 0;
}

const TAG_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz".split("");

/** Returns the first characters of matching tags. A tag begins with neither a dot nor a dash. */
function initialsOf({ entry, isAnchored }: Program): readonly string[] {
  // If a match may begin further on, or be empty, the first character can be any.
  if (!isAnchored) return TAG_CHARACTERS;
  const first = reachable(entry, true);
  if (first.some(({ needs }) => needs.kind === "accept" || needs.kind === "end")) return TAG_CHARACTERS;
  return TAG_CHARACTERS.filter((character) =>
    first.some(({ needs }) => needs.kind === "character" && needs.takes(character.charCodeAt(0))),
  );
}

function search({ entry, size, isAnchored }: Program, text: string, effort: Effort): boolean {
  /** The place in the text at which each state was last seen: a state is taken once per place, however many ways lead to it. */
  const seenAt = new Int32Array(size).fill(-1);
  let active: State[] = [];
  for (let at = 0; at <= text.length; at++) {
    const following: State[] = [];
    // The match may begin here as well.
    if (at === 0 || !isAnchored) active.push(entry);
    else if (active.length === 0) return false;
    // The list grows during the walk, by states that can be reached without using a character.
    for (const state of active) {
      effort.steps += 1;
      if (seenAt[state.id] === at) continue;
      seenAt[state.id] = at;
      if (state.needs.kind === "accept") return true;
      if (state.needs.kind === "character") {
        if (at < text.length && state.needs.takes(text.charCodeAt(at)))
          for (const next of state.next) following.push(next);
      } else if (isAt(state.needs.kind, at, text)) for (const next of state.next) active.push(next);
    }
    active = following;
  }
  return false;
}

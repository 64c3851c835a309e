/**
 * Regular expressions that match in linear time, since they come from users: all states are followed at once (Thompson,
 * "Regular Expression Search Algorithm", 1968), so that no pattern backtracks. A match costs at most the states times the text's
 * length. regex-syntax.ts says what a pattern may have; it then means what it means in JavaScript, without flags.
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
  /** The texts of the named groups, in order, as RegExp.prototype.exec has them; null for one that has none, or an empty one. Null without a match. */
  readonly capture: (text: string) => readonly (string | null)[] | null;
  /** The characters of tags that a tag can begin with and match. */
  readonly initials: readonly string[];
}

/** Texts whose groups are remembered: as many as are compared. */
const MAX_REMEMBERED = 5000;

/**
 * Makes a regex ready. Throws RuleError, which says what of the pattern isn't supported.
 * @param effort grows with each text that is searched.
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

/** Orders what two texts have in the same groups: the first difference counts. Numbers are compared as such, and come before words. */
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

/** A tag begins with neither a dot nor a dash. */
function initialsOf({ entry, isAnchored }: Program): readonly string[] {
  // A match that may begin further on, or be empty, says nothing about the first character.
  if (!isAnchored) return TAG_CHARACTERS;
  const first = reachable(entry, true);
  if (first.some(({ needs }) => needs.kind === "accept" || needs.kind === "end")) return TAG_CHARACTERS;
  return TAG_CHARACTERS.filter((character) =>
    first.some(({ needs }) => needs.kind === "character" && needs.takes(character.charCodeAt(0))),
  );
}

function search({ entry, size, isAnchored }: Program, text: string, effort: Effort): boolean {
  /** The place in the text at which each state was last seen: it is taken once there, however many ways lead to it. */
  const seenAt = new Int32Array(size).fill(-1);
  let active: State[] = [];
  for (let at = 0; at <= text.length; at++) {
    const following: State[] = [];
    // The match may begin here as well.
    if (at === 0 || !isAnchored) active.push(entry);
    else if (active.length === 0) return false;
    // Grows while it is walked: by what is reached without using a character.
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

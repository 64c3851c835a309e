/**
 * Finds the texts of a match's named groups. It follows all states at once, in the order in which
 * JavaScript would try them, and keeps with each the places that it came by (Pike's virtual machine; Cox,
 * "Regular Expression Matching: the Virtual Machine Approach").
 */
import { type Effort, isAt, type Program, type State } from "./regex-program.ts";

/** The beginning and end of each group, two places for each; -1 for no place. */
type Places = readonly number[];

interface Thread {
  readonly state: State;
  readonly places: Places;
}

/** Finds the groups of the match that JavaScript would choose; null without a match. */
export function captureGroups(
  program: Program,
  text: string,
  groups: number,
  effort: Effort,
): readonly (string | null)[] | null {
  const places = findPlaces(program, text, groups, effort);
  if (places === null) return null;
  return Array.from({ length: groups }, (_, index) => {
    const [from = -1, to = -1] = places.slice(2 * index, 2 * index + 2);
    return from === -1 || to === -1 || from === to ? null : text.slice(from, to);
  });
}

function findPlaces({ entry, size, isAnchored }: Program, text: string, groups: number, effort: Effort): Places | null {
  const seenAt = new Int32Array(size).fill(-1);
  const none: Places = Array.from({ length: 2 * groups }, () => -1);
  let found: Places | null = null;
  let waiting: readonly Thread[] = [];
  for (let at = 0; at <= text.length; at++) {
    // The leftmost match wins, so none begins once one was found.
    const mayStart = found === null && (at === 0 || !isAnchored);
    const starts = mayStart ? [...waiting, { state: entry, places: none }] : waiting;
    const { threads, accepted } = follow(starts, at, text, seenAt, effort);
    found = accepted ?? found;
    waiting = at < text.length ? taking(threads, text.charCodeAt(at)) : [];
    if (waiting.length === 0 && (found !== null || isAnchored)) break;
  }
  return found;
}

/** Moves on the threads that take the character; the others end. */
function taking(threads: readonly Thread[], code: number): readonly Thread[] {
  const taken: Thread[] = [];
  for (const { state, places } of threads) {
    if (state.needs.kind !== "character" || !state.needs.takes(code)) continue;
    for (const next of state.next) taken.push({ state: next, places });
  }
  return taken;
}

/**
 * Returns the threads that need a character next, the preferred first. It stops at the one that accepts,
 * since those after it have lost.
 */
function follow(
  starts: readonly Thread[],
  at: number,
  text: string,
  seenAt: Int32Array,
  effort: Effort,
): { readonly threads: readonly Thread[]; readonly accepted: Places | null } {
  const threads: Thread[] = [];
  const stack = starts.toReversed();
  for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
    const { state, places } = thread;
    const { needs } = state;
    effort.steps += 1;
    if (seenAt[state.id] === at) continue;
    seenAt[state.id] = at;
    if (needs.kind === "accept") return { threads, accepted: places };
    if (needs.kind === "character") threads.push(thread);
    else if (isAt(needs.kind, at, text)) {
      const noted = needs.kind === "save" ? places.with(needs.slot, at) : places;
      for (let index = state.next.length - 1; index >= 0; index--) {
        const next = state.next[index];
        if (next !== undefined && seenAt[next.id] !== at) stack.push({ state: next, places: noted });
      }
    }
  }
  return { threads, accepted: null };
}

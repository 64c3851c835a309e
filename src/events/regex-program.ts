/** Regular expressions as automata: see linear-regex.ts. */
import { RuleError } from "./rule-error.ts";
import type { RegexNode } from "./regex-syntax.ts";

/** States of a program at most. Repetitions multiply them: `(a{50}){50}` has 2,500. */
const MAX_STATES = 2000;

/** The cost of regexes so far. */
export interface Effort {
  /** The number of states visited. */
  steps: number;
}

/** A state of the automaton; `id` is its place in the order of making. */
export interface State {
  readonly id: number;
  /**
   * The condition to go on: a character, which is then used up; a place in the text; or nothing (`fork`,
   * and `save`, which notes the place in the text).
   */
  readonly needs:
    | Extract<RegexNode, { kind: "character" | "start" | "end" }>
    | { readonly kind: "fork" | "accept" }
    | { readonly kind: "save"; readonly slot: number };
  /** The next states, in the order in which JavaScript would try them. */
  readonly next: State[];
}

export interface Program {
  readonly entry: State;
  readonly size: number;
  /** True if a match can begin only at the text's start. */
  readonly isAnchored: boolean;
}

/** Makes the automaton of a pattern. Throws RuleError if it is too big. */
export function buildProgram(node: RegexNode): Program {
  if (statesOf(node) > MAX_STATES) {
    throw new RuleError(
      `the regex is too large: with its counts written out it has more than ${MAX_STATES} states; use smaller counts`,
    );
  }
  return build(node);
}

/** Counts the states that a node takes: at least one, so that the count also bounds the time to build them. */
function statesOf(node: RegexNode): number {
  if (node.kind === "repeat") {
    const body = statesOf(node.body);
    const optional = node.max === Infinity ? 1 : node.max - node.min;
    return Math.max(node.min * body + optional * (body + 1), 1);
  }
  if (node.kind === "group") return 2 + statesOf(node.body);
  if (!("parts" in node)) return 1;
  return node.parts.reduce(
    (sum, part) => sum + statesOf(part),
    node.kind === "choice" || node.parts.length === 0 ? 1 : 0,
  );
}

function build(root: RegexNode): Program {
  let size = 0;
  const state = (needs: State["needs"], next: State[]): State => ({ id: size++, needs, next });

  /** Returns the state that the node begins with; the caller makes the following one first. */
  function enter(node: RegexNode, following: State): State {
    switch (node.kind) {
      case "character":
      case "start":
      case "end":
        return state(node, [following]);
      case "sequence":
        return node.parts.reduceRight((after, part) => enter(part, after), following);
      case "choice":
        return state(
          { kind: "fork" },
          node.parts.map((part) => enter(part, following)),
        );
      case "group": {
        const end = state({ kind: "save", slot: 2 * node.index + 1 }, [following]);
        return state({ kind: "save", slot: 2 * node.index }, [enter(node.body, end)]);
      }
      case "repeat":
        return enterRepeat(node, following);
    }
  }

  function enterRepeat({ body, min, max }: Extract<RegexNode, { kind: "repeat" }>, following: State): State {
    let entry = following;
    if (max === Infinity) {
      entry = state({ kind: "fork" }, [following]);
      entry.next.unshift(enter(body, entry));
    } else {
      for (let count = min; count < max; count++) entry = state({ kind: "fork" }, [enter(body, entry), following]);
    }
    for (let count = 0; count < min; count++) entry = enter(body, entry);
    return entry;
  }

  const entry = enter(root, state({ kind: "accept" }, []));
  const begins = reachable(entry, false);
  const isAnchored = !begins.some(({ needs: { kind } }) => kind === "character" || kind === "end" || kind === "accept");
  return { entry, size, isAnchored };
}

/** Finds the states that can be reached without using a character. */
export function reachable(entry: State, atStart: boolean): readonly State[] {
  const found = new Set([entry]);
  for (const { needs, next } of found) {
    const goesOn = needs.kind === "fork" || needs.kind === "save" || (needs.kind === "start" && atStart);
    if (goesOn) for (const state of next) found.add(state);
  }
  return [...found];
}

/** True if the text has this place here. A state that only forks, or notes the place, goes on anywhere. */
export function isAt(place: "start" | "end" | "fork" | "save", at: number, text: string): boolean {
  return place === "fork" || place === "save" || at === (place === "start" ? 0 : text.length);
}

/**
 * Matches a text with many glob patterns at once. It follows all places in all patterns together, each as one bit
 * (Baeza-Yates and Gonnet, "A New Approach to Text Searching", 1992). A match costs the text's length times a 32nd of
 * the patterns' length, since no pattern backtracks. Patterns are compiled once for each list, and a text is read once
 * for all of them.
 */

/**
 * One step of a pattern. `one`: this character. `any`: any one character. `many`: any number of characters, except
 * those in `except`.
 */
export type GlobStep =
  | { readonly kind: "one"; readonly character: string }
  | { readonly kind: "any" }
  | { readonly kind: "many"; readonly except: string };

export interface PatternSet {
  /** True if one of the patterns matches the text as a whole. */
  readonly matches: (text: string) => boolean;
  /** The cost of a match for each character of the text: 1 for 32 characters of patterns. */
  readonly weight: number;
}

const WORD = 32;

/** Builds a set of bits a word at a time. */
class Bits {
  readonly words: Uint32Array;

  constructor(size: number) {
    this.words = new Uint32Array(Math.ceil(size / WORD));
  }

  add(bit: number): void {
    const word = Math.floor(bit / WORD);
    this.words[word] = (this.words[word] ?? 0) | (1 << (bit % WORD));
  }
}

/**
 * Compiles patterns to bits. A place stands between two steps that take a character; bit n is set if a pattern has
 * matched up to place n. The places of the patterns follow each other, and no pattern takes a character into the first
 * place of the next.
 */
export function compilePatterns(patterns: readonly (readonly GlobStep[])[]): PatternSet {
  const size = patterns.reduce((sum, steps) => sum + steps.filter(({ kind }) => kind !== "many").length + 1, 0);
  const [starts, ends, stays, takesAny] = [new Bits(size), new Bits(size), new Bits(size), new Bits(size)];
  /** The places that each character leads to, and those that it does not leave unchanged. */
  const taking = new Map<string, Bits>();
  const leaving = new Map<string, Bits>();
  const addTo = (bits: Map<string, Bits>, character: string, place: number): void => {
    const found = bits.get(character) ?? new Bits(size);
    found.add(place);
    bits.set(character, found);
  };

  let place = 0;
  for (const steps of patterns) {
    starts.add(place);
    /**
     * Characters that may not be skipped here; null: no character may. Of several steps in a row, the freest counts.
     */
    let except: string | null = null;
    const settle = (): void => {
      if (except === null) return;
      stays.add(place);
      for (const character of except) addTo(leaving, character, place);
      except = null;
    };
    for (const step of steps) {
      if (step.kind === "many") except = except === null || step.except === "" ? step.except : except;
      else {
        settle();
        place += 1;
        if (step.kind === "any") takesAny.add(place);
        else addTo(taking, step.character, place);
      }
    }
    settle();
    ends.add(place);
    place += 1;
  }

  return {
    weight: starts.words.length,
    matches: (text) => {
      let [now, next] = [starts.words.slice(), new Uint32Array(starts.words.length)];
      for (let at = 0; at < text.length; at++) {
        const character = text.charAt(at);
        if (
          !advance(now, next, takesAny.words, taking.get(character)?.words, stays.words, leaving.get(character)?.words)
        )
          return false;
        [now, next] = [next, now];
      }
      return ends.words.some((word, index) => (word & (now[index] ?? 0)) !== 0);
    },
  };
}

/** Advances by one character. Returns false if no pattern can match any more. */
function advance(
  now: Uint32Array,
  next: Uint32Array,
  takesAny: Uint32Array,
  taking: Uint32Array | undefined,
  stays: Uint32Array,
  leaving: Uint32Array | undefined,
): boolean {
  let carry = 0;
  let isAlive = 0;
  for (let index = 0; index < now.length; index++) {
    const word = now[index] ?? 0;
    if (word === 0 && carry === 0) {
      next[index] = 0;
      continue;
    }
    const moved = ((word << 1) | carry) & ((takesAny[index] ?? 0) | (taking?.[index] ?? 0));
    const stayed = word & (stays[index] ?? 0) & ~(leaving?.[index] ?? 0);
    next[index] = moved | stayed;
    isAlive |= moved | stayed;
    carry = word >>> 31;
  }
  return isAlive !== 0;
}

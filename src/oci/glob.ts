import { compilePatterns, type GlobStep, type PatternSet } from "./pattern-set.ts";

/** Reads a simple glob: `*` matches any characters, `?` any one character, and every other character itself. */
function simpleSteps(pattern: string): readonly GlobStep[] {
  return pattern.split("").map((character): GlobStep => {
    if (character === "*") return { kind: "many", except: "" };
    return character === "?" ? { kind: "any" } : { kind: "one", character };
  });
}

/** True if the text as a whole matches a glob of `*` (any characters) and `?` (any one). */
export function matchesGlob(pattern: string, text: string): boolean {
  return compilePatterns([simpleSteps(pattern)]).matches(text);
}

/** Compiled globs, by their list. */
const compiled = new WeakMap<readonly string[], PatternSet>();

/** True if the text as a whole matches one of these globs. The list is compiled once, and must not change. */
export function matchesSomeGlob(patterns: readonly string[], text: string): boolean {
  const set = compiled.get(patterns) ?? compilePatterns(patterns.map(simpleSteps));
  compiled.set(patterns, set);
  return set.matches(text);
}

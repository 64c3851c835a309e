/** One step of a glob: which characters it takes, and whether it takes any number of them or exactly one. */
export interface GlobStep {
  readonly takes: (character: string) => boolean;
  readonly repeats: boolean;
}

/** A simple glob's steps: `*` stands for any characters, `?` for any one, all else for itself. */
function simpleSteps(pattern: string): readonly GlobStep[] {
  return pattern.split("").map((character) => ({
    takes: character === "*" || character === "?" ? () => true : (other) => other === character,
    repeats: character === "*",
  }));
}

/** Whether the text as a whole matches a glob of `*` (any characters) and `?` (any one). */
export function matchesGlob(pattern: string, text: string): boolean {
  return matchesSteps(simpleSteps(pattern), text);
}

/** Matches in time proportional to the product of both lengths, whatever the steps: no backtracking. */
export function matchesSteps(steps: readonly GlobStep[], text: string): boolean {
  // reachable[i]: the steps so far can match the text's first i characters.
  let reachable: boolean[] = Array.from({ length: text.length + 1 }, (_, index) => index === 0);
  for (const step of steps) {
    reachable = advance(reachable, step, text);
  }
  return reachable[text.length] === true;
}

function advance(reachable: readonly boolean[], { takes, repeats }: GlobStep, text: string): boolean[] {
  const next: boolean[] = [];
  for (let index = 0; index <= text.length; index++) {
    const before = repeats ? next[index - 1] : reachable[index - 1];
    const stays = repeats && reachable[index] === true;
    next[index] = stays || (before === true && takes(text.charAt(index - 1)));
  }
  return next;
}

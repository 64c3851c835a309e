/**
 * Patterns over a repository's path within its space: `*` stands for any characters but `/`,
 * `**` for any at all, `!` in front excludes. A list matches when a pattern includes the path and none excludes it.
 */
export function matchesRepository(patterns: readonly string[], path: string): boolean {
  const excluded = patterns.some((pattern) => pattern.startsWith("!") && matchesGlob(pattern.slice(1), path));
  return !excluded && patterns.some((pattern) => !pattern.startsWith("!") && matchesGlob(pattern, path));
}

/** Whether the text can be a pattern: the characters of names, `*`, and a leading `!`. */
export function isRepositoryPattern(text: string): boolean {
  return text.length <= 255 && /^!?[a-z0-9*][a-z0-9._\-/*]*$/.test(text);
}

/** Matches in time proportional to the product of both lengths, whatever the pattern: no backtracking. */
function matchesGlob(pattern: string, text: string): boolean {
  const tokens = pattern.match(/\*\*|\*|[^*]/g) ?? [];
  // reachable[i]: the tokens so far can match the text's first i characters.
  let reachable: boolean[] = Array.from({ length: text.length + 1 }, (_, index) => index === 0);
  for (const token of tokens) {
    reachable = advance(reachable, token, text);
  }
  return reachable[text.length] === true;
}

function advance(reachable: readonly boolean[], token: string, text: string): boolean[] {
  const next: boolean[] = [];
  for (let index = 0; index <= text.length; index++) {
    const before = text[index - 1];
    if (token === "**") next[index] = reachable[index] === true || next[index - 1] === true;
    else if (token === "*") next[index] = reachable[index] === true || (before !== "/" && next[index - 1] === true);
    else next[index] = before === token && reachable[index - 1] === true;
  }
  return next;
}

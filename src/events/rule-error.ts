/** A rule as written cannot work. The message says why, in words for its author. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

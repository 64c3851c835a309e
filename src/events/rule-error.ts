/** A rule that cannot work as written. The message tells its author why. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

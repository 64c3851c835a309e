interface Given {
  /** Nothing else of the repository was given to the target since. */
  readonly current: boolean;
  /** The target was followed to its end. */
  readonly followed: boolean;
}

/** What a target does with what it was given. Only of one that was followed to its end is it known that it runs it. */
export function givenWords({ current, followed }: Given): string {
  if (followed) return current ? "runs it" : "ran it";
  return current ? "was told" : "was told before";
}

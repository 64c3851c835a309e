interface Given {
  /** True if the target has received nothing else from the repository since. */
  readonly current: boolean;
  /** True if the target was followed to its end. */
  readonly followed: boolean;
}

/** Says how a target uses the push that it received. Only a target that was followed to its end is known to run it. */
export function givenWords({ current, followed }: Given): string {
  if (followed) return current ? "runs it" : "ran it";
  return current ? "was told" : "was told before";
}

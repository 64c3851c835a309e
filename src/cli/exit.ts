/** How the command ends, for scripts: documented in `spacedock --help` and docs/cli.md, and never renumbered. */
export const EXIT_CODES = {
  /** Anything that has no code of its own. */
  failure: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** What was named does not exist. */
  "not-found": 3,
  /** Not logged in, or the credential does not permit it. */
  denied: 4,
  /** The registry, or a daemon, did not answer. */
  unreachable: 5,
  /** Content is not what it says it is: a wrong digest, a truncated archive. */
  invalid: 6,
  /** Ctrl-C. */
  interrupted: 130,
} as const satisfies Record<string, number>;

export type FailureKind = keyof typeof EXIT_CODES;

interface CliErrorOptions {
  /** What to do next, where that is known. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A failure that a person can understand: one sentence, how the command ends, and perhaps what to do next. */
export class CliError extends Error {
  readonly kind: FailureKind;
  readonly hint: string | null;

  constructor(kind: FailureKind, message: string, { hint, cause }: CliErrorOptions = {}) {
    super(message, { cause });
    this.name = "CliError";
    this.kind = kind;
    this.hint = hint ?? null;
  }
}

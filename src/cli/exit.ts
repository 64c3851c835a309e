/** The exit codes, for scripts. `spacedock --help` and docs/cli.md document them; their numbers never change. */
export const EXIT_CODES = {
  /** Any failure without a code of its own. */
  failure: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Something that the command names does not exist. */
  "not-found": 3,
  /** Not logged in, or the credential does not permit it. */
  denied: 4,
  /** The registry, or a daemon, did not answer. */
  unreachable: 5,
  /** Content does not match its description: a wrong digest, a truncated archive. */
  invalid: 6,
  /** Ctrl-C. */
  interrupted: 130,
} as const satisfies Record<string, number>;

export type FailureKind = keyof typeof EXIT_CODES;

interface CliErrorOptions {
  /** The next step for the user, if it is known. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A failure that a person can understand: one sentence, the kind of exit, and perhaps the next step. */
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

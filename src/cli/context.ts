import type { Readable } from "node:stream";
import type { Output } from "./output/output.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that a command gets beside its own input: streams, environment and global options. */
export interface Context {
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly output: Output;
  /** Aborted by Ctrl-C: work under way stops, and keeps the state that a later run needs to continue. */
  readonly signal: AbortSignal;
  /** `--registry`: the host or address of the registry that management commands ask. */
  readonly registry: string | null;
  /** `--context`: the name of the context that commands use instead of the active one. */
  readonly contextName?: string | null;
  /** `--plain-http`: use no TLS, for any host. */
  readonly plainHttp: boolean;
}

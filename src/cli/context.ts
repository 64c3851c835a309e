import type { Readable } from "node:stream";
import type { Output } from "./output/output.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command gets beside its own input: the world around it. */
export interface Context {
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly output: Output;
  /** Aborted by Ctrl-C: what is under way stops, keeping what it needs to be taken up again. */
  readonly signal: AbortSignal;
  /** `--registry`: host, or address, of the registry that management commands ask. */
  readonly registry: string | null;
  /** `--context`: the name of the context in whose place commands work. */
  readonly contextName?: string | null;
  /** `--plain-http`: no TLS, for any host. */
  readonly plainHttp: boolean;
}

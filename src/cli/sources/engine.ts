import type { Readable } from "node:stream";
import * as z from "zod";
import { CliError } from "../exit.ts";
import { asBytes } from "../bytes.ts";

/** The local Docker engine, or one that speaks its API. */
export interface Engine {
  /** Describes an image; null if there is none with that name. Throws {@link NoEngineError} if there is no engine. */
  readonly inspect: (name: string) => Promise<EngineImage | null>;
  /** Streams the image as a tar archive, which can be read only once. */
  readonly save: (name: string, platform: string | null) => AsyncIterable<Uint8Array>;
}

/** An image as the engine describes it. */
export const engineImage = z.looseObject({
  RepoTags: z.array(z.string()).nullish(),
  /** Places that it was pulled from or pushed to, as `host/name@sha256:…`. */
  RepoDigests: z.array(z.string()).nullish(),
  /** The descriptor of its manifest, if the engine keeps one. */
  Descriptor: z.unknown().optional(),
  /** Bytes, roughly the size of its archive. */
  Size: z.number().nonnegative(),
});

export type EngineImage = z.infer<typeof engineImage>;

/** The failure if no engine answers in one of the ways to reach it. */
export class NoEngineError extends CliError {}

/** Makes the failure for an engine that does not answer. */
export function noEngine(where: string, why: string, cause?: unknown): NoEngineError {
  return new NoEngineError("unreachable", `no Docker engine answers at ${where}: ${why}`, {
    hint: "Start it, or name another with DOCKER_HOST. Or push an archive from another machine: docker save --output image.tar <image>",
    cause,
  });
}

/** Passes an engine's stream on, and turns a break into a sentence for the user. */
export async function* unbroken(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of stream) yield asBytes(piece);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("unreachable", `the Docker engine stopped answering: ${reason}`, {
      hint: "Run it again.",
      cause,
    });
  }
}

import type { Readable } from "node:stream";
import { z } from "zod";
import { CliError } from "../exit.ts";
import { asBytes } from "../bytes.ts";

/** The local Docker engine, or what speaks as it does. */
export interface Engine {
  /** What it knows of an image; null where it has none of that name. Throws {@link NoEngineError} where there is no engine. */
  readonly inspect: (name: string) => Promise<EngineImage | null>;
  /** The image as a tar archive, that can be read once. */
  readonly save: (name: string, platform: string | null) => AsyncIterable<Uint8Array>;
}

/** As the engine describes an image. */
export const engineImage = z.looseObject({
  RepoTags: z.array(z.string()).nullish(),
  /** Where it was pulled from or pushed to, as `host/name@sha256:…`. */
  RepoDigests: z.array(z.string()).nullish(),
  /** Of its manifest, where the engine keeps one. */
  Descriptor: z.unknown().optional(),
  /** Bytes, about what its archive will have. */
  Size: z.number().nonnegative(),
});

export type EngineImage = z.infer<typeof engineImage>;

/** No engine answers, by this way at least. */
export class NoEngineError extends CliError {}

/** A failure with no engine at the other end. */
export function noEngine(where: string, why: string, cause?: unknown): NoEngineError {
  return new NoEngineError("unreachable", `no Docker engine answers at ${where}: ${why}`, {
    hint: "Start it, or name another with DOCKER_HOST. Or push an archive from another machine: docker save --output image.tar <image>",
    cause,
  });
}

/** An engine's stream that broke off. */
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

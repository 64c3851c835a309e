import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { asBytes } from "../bytes.ts";
import { CliError } from "../exit.ts";
import type { Body } from "./transport.ts";

/** A blob that can be read from anywhere, as often as need be. */
export interface BlobSource {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes of it. */
  readonly open: (offset: number, length: number) => Readable;
}

/** A part of a blob as a request's body. `onProgress` hears how far in the blob it is. */
export function chunkBody(
  source: BlobSource,
  { from, to }: { readonly from: number; readonly to: number },
  onProgress: Progress,
): Body {
  return {
    length: to - from,
    open: () => {
      const stream = source.open(from, to - from);
      // It may fail before it is read, and is heard of when it is.
      stream.on("error", () => undefined);
      return Readable.from(counted(stream, from, onProgress), { objectMode: false });
    },
  };
}

type Progress = ((bytes: number) => void) | undefined;

async function* counted(bytes: Readable, from: number, onProgress: Progress): AsyncGenerator<Uint8Array> {
  let at = from;
  try {
    for await (const piece of bytes) {
      const given = asBytes(piece);
      at += given.length;
      yield given;
      onProgress?.(at);
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("failure", `cannot read the source: ${reason}`, { cause });
  }
}

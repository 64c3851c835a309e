import { Readable } from "node:stream";
import type { Digest } from "../../oci/digest.ts";
import { asBytes } from "../bytes.ts";
import { CliError } from "../exit.ts";
import type { Body } from "./transport.ts";

/** A blob that can be read from any offset, any number of times. */
export interface BlobSource {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Opens exactly these bytes of the blob. */
  readonly open: (offset: number, length: number) => Readable;
}

/** Makes a request's body of a part of a blob. `onProgress` is called with the offset in the blob that was reached. */
export function chunkBody(
  source: BlobSource,
  { from, to }: { readonly from: number; readonly to: number },
  onProgress: Progress,
): Body {
  return {
    length: to - from,
    open: () => {
      const stream = source.open(from, to - from);
      // The stream may fail before it is read; the failure is thrown when it is read.
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

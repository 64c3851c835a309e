import type { ByteRange } from "../oci/range.ts";
import { HELD_BYTES, partsOf, type Span } from "./spans.ts";

export interface MultipartContent {
  readonly type: string;
  /** Bytes of the whole content. */
  readonly size: number;
  readonly spans: readonly Span[];
  readonly read: (span: Span) => Promise<ReadableStream>;
}

export interface MultipartBody {
  readonly contentType: string;
  /** Bytes. */
  readonly length: number;
  readonly body: ReadableStream;
  /** Settles once all is sent, or the client has gone. */
  readonly sent: Promise<void>;
}

/** Makes one multipart/byteranges body of several ranges (RFC 9110, 14.6). Each span is read when its turn comes. */
export function multipartByteranges(content: MultipartContent): MultipartBody {
  const boundary = crypto.randomUUID();
  const parts = partsOf(content.spans);
  const before = `\r\n--${boundary}\r\nContent-Type: ${content.type}\r\nContent-Range: `;
  const head = (range: ByteRange): string => `${before}${contentRange(range, content.size)}\r\n\r\n`;
  const tail = `\r\n--${boundary}--\r\n`;
  // Heads are ASCII, so each character is a byte.
  const length = parts.reduce((sum, range) => sum + head(range).length + range.length, tail.length);
  const { readable, writable } = new FixedLengthStream(length);
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length,
    body: readable,
    sent: send(writable, content, head, tail),
  };
}

/** Writes a range like `bytes 0-99/200`, with the last byte included. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`;
}

type Head = (range: ByteRange) => string;

async function send(writable: WritableStream, content: MultipartContent, head: Head, tail: string): Promise<void> {
  const output = new Output(writable);
  for (const span of content.spans) {
    const body = await content.read(span);
    const [first, second] = span.parts;
    if (first !== undefined && second === undefined) {
      await output.writeText(head(first));
      await output.flush();
      await body.pipeTo(writable, { preventClose: true });
    } else if (span.length <= HELD_BYTES) {
      await sendHeld(output, body, span, head);
    } else {
      await sendInTurn(output, body, span, head);
    }
  }
  await output.writeText(tail);
  await output.flush();
  await writable.close();
}

const encoder = new TextEncoder();

/** Sends the parts of a short span, which may be in any order. */
async function sendHeld(output: Output, body: ReadableStream, span: Span, head: Head): Promise<void> {
  const bytes = await new Response(body).bytes();
  if (bytes.length !== span.length) throw new Error(`read ${bytes.length} bytes of a span of ${span.length}`);
  for (const part of span.parts) {
    await output.writeText(head(part));
    const start = part.offset - span.offset;
    await output.write(bytes.subarray(start, start + part.length));
  }
}

/** Sends the parts of a long span as they arrive. */
async function sendInTurn(output: Output, body: ReadableStream, span: Span, head: Head): Promise<void> {
  const source = new Source(body);
  let at = span.offset;
  for (const part of span.parts) {
    await source.take(part.offset - at, null);
    await output.writeText(head(part));
    await source.take(part.length, output);
    at = part.offset + part.length;
  }
  await source.end();
}

/** Bytes read at a time. */
const READ_BYTES = 256 * 1024;

/** Reads a stream in pieces of any length. */
class Source {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: Uint8Array = new Uint8Array(READ_BYTES);
  #left: Uint8Array = new Uint8Array(0);

  constructor(body: ReadableStream) {
    this.#reader = body.getReader({ mode: "byob" });
  }

  /** Passes the next bytes to `output`; null: drops them. */
  async take(length: number, output: Output | null): Promise<void> {
    for (let rest = length; rest > 0;) {
      if (this.#left.length === 0) await this.#fill();
      const piece = this.#left.subarray(0, rest);
      if (output !== null) await output.write(piece);
      this.#left = this.#left.subarray(piece.length);
      rest -= piece.length;
    }
  }

  async end(): Promise<void> {
    await this.#reader.cancel();
  }

  async #fill(): Promise<void> {
    const { value } = await this.#reader.readAtLeast(READ_BYTES, this.#buffer);
    if (value === undefined || value.length === 0) throw new Error("a span ended early");
    this.#left = value;
    this.#buffer = new Uint8Array(value.buffer);
  }
}

/** Bytes to gather before they are sent. A call for each of thousands of short parts would cost more than the parts. */
const GATHERED_BYTES = 64 * 1024;

class Output {
  readonly #writable: WritableStream;
  #buffer: Uint8Array = new Uint8Array(GATHERED_BYTES);
  #filled = 0;

  constructor(writable: WritableStream) {
    this.#writable = writable;
  }

  /** Writes ASCII that is shorter than the buffer. */
  async writeText(text: string): Promise<void> {
    if (text.length > GATHERED_BYTES - this.#filled) await this.flush();
    this.#filled += encoder.encodeInto(text, this.#buffer.subarray(this.#filled)).written;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      if (this.#filled === GATHERED_BYTES) await this.flush();
      const piece = rest.subarray(0, GATHERED_BYTES - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    const writer = this.#writable.getWriter();
    await writer.write(this.#buffer.subarray(0, this.#filled));
    writer.releaseLock();
    // The written buffer may still be on its way, so a new one is made.
    this.#buffer = new Uint8Array(GATHERED_BYTES);
    this.#filled = 0;
  }
}

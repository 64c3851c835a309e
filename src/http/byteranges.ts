import type { ByteRange } from "../oci/range.ts";

export interface MultipartContent {
  readonly type: string;
  /** Bytes of the whole content. */
  readonly size: number;
  readonly ranges: readonly ByteRange[];
  readonly read: (range: ByteRange) => Promise<ReadableStream>;
}

export interface MultipartBody {
  readonly contentType: string;
  /** Bytes. */
  readonly length: number;
  readonly body: ReadableStream;
  /** Settles when all is sent, or the client has gone. */
  readonly sent: Promise<void>;
}

/** Several ranges as one multipart/byteranges body (RFC 9110, 14.6), each read when its turn comes. */
export function multipartByteranges(content: MultipartContent): MultipartBody {
  const boundary = crypto.randomUUID();
  const encoder = new TextEncoder();
  const heads = content.ranges.map((range) => encoder.encode(partHead(boundary, content, range)));
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const payload = content.ranges.reduce((sum, range) => sum + range.length, 0);
  const length = heads.reduce((sum, head) => sum + head.length, payload + tail.length);
  const { readable, writable } = new FixedLengthStream(length);
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length,
    body: readable,
    sent: send(writable, content, heads, tail),
  };
}

/** As in `bytes 0-99/200`: the last byte is included. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`;
}

function partHead(boundary: string, { type, size }: MultipartContent, range: ByteRange): string {
  return `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`;
}

async function send(
  writable: WritableStream,
  content: MultipartContent,
  heads: readonly Uint8Array[],
  tail: Uint8Array,
): Promise<void> {
  for (const [index, range] of content.ranges.entries()) {
    await write(writable, heads[index] ?? new Uint8Array(0));
    await (await content.read(range)).pipeTo(writable, { preventClose: true });
  }
  await write(writable, tail);
  await writable.close();
}

async function write(writable: WritableStream, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}

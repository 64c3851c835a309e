import { beginSecondPart } from "./second-parts.ts";
import { PART_BYTES, type SessionRow, type SessionRows } from "./session-rows.ts";

const ATTEMPTS = 3;
const FIRST_BUFFER_BYTES = 64 * 1024;

/**
 * Cuts a session's bytes into equal parts and sends one or two of them to R2 while the next is filled. A part is sent
 * once bytes follow it, so content that fits into one part never becomes a multipart upload.
 */
export class PartWriter {
  readonly #bucket: R2Bucket;
  readonly #rows: SessionRows;
  #session: SessionRow;
  /** Number of parts that were sent or are on their way. */
  #parts: number;
  #buffer: Uint8Array = new Uint8Array(FIRST_BUFFER_BYTES);
  #filled = 0;
  /** Bytes of the buffer that the tail's rows have already. */
  #saved = 0;
  readonly #inFlight: { readonly sending: Promise<R2UploadedPart>; readonly buffer: Uint8Array }[] = [];
  /** Gives back the right to a second part on its way; null: the writer has none. */
  #endSecond: (() => void) | null = null;
  /**
   * The buffer of a part that has landed, for reuse. Otherwise buffers would pile up faster than they are collected.
   */
  #spare: Uint8Array | null = null;

  /** Resumes a session from its rows. */
  constructor(bucket: R2Bucket, rows: SessionRows, session: SessionRow) {
    this.#bucket = bucket;
    this.#rows = rows;
    this.#session = session;
    this.#parts = rows.parts().length;
    for (const piece of rows.tail()) this.#take(piece);
    this.#saved = this.#filled;
  }

  /** Bytes written so far. */
  get offset(): number {
    return this.#parts * PART_BYTES + this.#filled;
  }

  /** True if all bytes so far are in the buffer. */
  get isSmall(): boolean {
    return this.#parts === 0;
  }

  /** The bytes after the last part. */
  get tail(): Uint8Array {
    return this.#buffer.subarray(0, this.#filled);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#filled === PART_BYTES) await this.#sendPart();
      const fitting = rest.subarray(0, PART_BYTES - this.#filled);
      this.#take(fitting);
      rest = rest.subarray(fitting.length);
    }
  }

  /** Waits for the parts on their way and saves the tail. After that, every byte so far may be acknowledged. */
  async save(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#landPart();
    this.#rows.addTail(this.#parts + 1, this.#buffer.subarray(this.#saved, this.#filled));
    this.#saved = this.#filled;
    this.#spare = null;
  }

  /** Makes one object of all parts; the tail is the last and smaller one. It may be repeated. */
  async assemble(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#landPart();
    const upload = await this.#upload();
    const parts = this.#rows.parts();
    if (this.#filled > 0) parts.push(await sendPart(upload, this.#parts + 1, this.tail));
    await upload.complete(parts);
  }

  /** Waits until no part is on its way any more, arrived or not. A part that lands late would replace its successor. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#inFlight.map(({ sending }) => sending));
    this.#endSecond?.();
  }

  #take(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(Math.max(needed, 4 * this.#buffer.length), PART_BYTES));
      grown.set(this.tail);
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled = needed;
  }

  async #sendPart(): Promise<void> {
    await this.#makeRoom();
    const sending = sendPart(await this.#upload(), this.#parts + 1, this.#buffer);
    // Landing the part handles its failure; until then it must not count as unhandled.
    sending.catch(() => undefined);
    this.#inFlight.push({ sending, buffer: this.#buffer });
    this.#parts += 1;
    this.#buffer = this.#spare ?? new Uint8Array(PART_BYTES);
    this.#spare = null;
    this.#filled = 0;
    this.#saved = 0;
  }

  /** Waits until one more part may be on its way. */
  async #makeRoom(): Promise<void> {
    if (this.#inFlight.length > 1) await this.#landPart();
    this.#endSecond?.();
    this.#endSecond = this.#inFlight.length === 0 ? null : beginSecondPart();
    if (this.#endSecond === null) await this.#landPart();
  }

  /** Lands the next part. Parts land in order, so that the recorded ones have no gaps. */
  async #landPart(): Promise<void> {
    const next = this.#inFlight.shift();
    if (next === undefined) return;
    this.#rows.addPart(await next.sending);
    this.#spare = next.buffer;
    if (this.#inFlight.length === 0) this.#endSecond?.();
  }

  async #upload(): Promise<R2MultipartUpload> {
    if (this.#session.uploadId !== null)
      return this.#bucket.resumeMultipartUpload(this.#session.key, this.#session.uploadId);
    const upload = await this.#bucket.createMultipartUpload(this.#session.key);
    this.#session = { ...this.#session, uploadId: upload.uploadId };
    this.#rows.write(this.#session);
    return upload;
  }
}

async function sendPart(upload: R2MultipartUpload, number: number, bytes: Uint8Array): Promise<R2UploadedPart> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await upload.uploadPart(number, bytes);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await scheduler.wait(100 * 2 ** attempt);
    }
  }
}

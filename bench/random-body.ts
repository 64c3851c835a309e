import { createCipheriv, createHash, randomBytes } from "node:crypto";

const CHUNK_BYTES = 256 * 1024;

/**
 * Random bytes that are made as they are read, as often as need be, and never held whole: the key stream of a
 * cipher. Its digest is found beforehand, so that hashing here does not slow what is measured there.
 */
export class RandomBody {
  /** Bytes. */
  readonly size: number;
  readonly #key = randomBytes(16);

  constructor(size: number) {
    this.size = size;
  }

  *chunks(): Generator<Uint8Array> {
    const cipher = createCipheriv("aes-128-ctr", this.#key, Buffer.alloc(16));
    const zeros = Buffer.alloc(CHUNK_BYTES);
    for (let made = 0; made < this.size; made += CHUNK_BYTES) {
      yield cipher.update(zeros.subarray(0, this.size - made));
    }
  }

  digest(): string {
    const hash = createHash("sha256");
    for (const chunk of this.chunks()) hash.update(chunk);
    return `sha256:${hash.digest("hex")}`;
  }
}

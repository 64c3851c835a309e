import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { type Digest, makeDigest } from "../src/oci/digest.ts";

const CHUNK_BYTES = 256 * 1024;
const BLOCK_BYTES = 16;

/**
 * Random bytes, generated while they are read, any number of times and from any place, and never held whole. They are
 * the key stream of a cipher. The digest is computed beforehand, so that hashing here does not slow the measured part.
 */
export class RandomBody {
  /** Bytes. */
  readonly size: number;
  readonly #key = randomBytes(16);

  constructor(size: number) {
    this.size = size;
  }

  /** Returns the bytes from one offset up to another. */
  *chunks(from = 0, to = this.size): Generator<Uint8Array> {
    const cipher = createCipheriv("aes-128-ctr", this.#key, counterOf(Math.floor(from / BLOCK_BYTES)));
    const zeros = Buffer.alloc(CHUNK_BYTES);
    cipher.update(zeros.subarray(0, from % BLOCK_BYTES));
    for (let made = from; made < to; made += CHUNK_BYTES) {
      yield cipher.update(zeros.subarray(0, to - made));
    }
  }

  digest(): Digest {
    const hash = createHash("sha256");
    for (const chunk of this.chunks()) hash.update(chunk);
    return makeDigest("sha256", hash.digest("hex"));
  }
}

/** Returns the cipher's counter at a block. */
function counterOf(block: number): Buffer {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(block), BLOCK_BYTES - 8);
  return counter;
}

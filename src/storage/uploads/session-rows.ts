/**
 * The rows of a session in its Durable Object's SQLite storage, which let it survive an eviction:
 *
 *   session  one row: the session's state
 *   parts    parts that R2 has taken: of equal size, numbered from 1 without gaps
 *   tail     the bytes after the last part, in pieces, each with the number of its future part
 *
 * Bytes count as acknowledged once they are in `parts` or `tail`.
 */
import * as z from "zod";
import { requireDigest } from "../../oci/digest.ts";

/**
 * The size of parts, and with it the limit of a session. R2 wants equal parts of 5 MiB or more, at most 10,000 of them,
 * so a session holds up to 48.8 GiB. The smallest size saves memory, since a part's bytes must be kept for another try
 * if R2 fails.
 */
export const PART_BYTES = 5 * 1024 * 1024;
export const MAX_SESSION_BYTES = PART_BYTES * 10_000;

/** Bytes of a piece of the tail. A row may have 2 MB. */
const PIECE_BYTES = 1024 * 1024;

/**
 * The session's states. `open`: takes bytes. `assembled`: its parts are one object, whose digest is still to be found
 * by reading back. `finished`: that object was handed over as a blob. `ended`: cancelled, expired or refused; no bytes
 * are left.
 */
const sessionRow = z.object({
  state: z.enum(["open", "assembled", "finished", "ended"]),
  /** The R2 key that the bytes will have. */
  key: z.string(),
  /** R2's id of the multipart upload; null before the first part. */
  uploadId: z.string().nullable(),
  /** Set when finished. */
  digest: z.string().transform(requireDigest).nullable(),
  /** Bytes; set when assembled. */
  size: z.int(),
  /** Milliseconds since the epoch, like `expiresAt`. */
  touchedAt: z.int(),
  /** The time at which the session's address expires; then the row itself may go. */
  expiresAt: z.int(),
});

export type SessionRow = Readonly<z.infer<typeof sessionRow>>;

const partRow = z.object({ partNumber: z.int(), etag: z.string() });
const pieceRow = z.object({ bytes: z.instanceof(ArrayBuffer) });
const savedRow = z.object({ parts: z.int(), tail: z.int() });

export class SessionRows {
  readonly #storage: DurableObjectStorage;
  /**
   * True once the tables exist. The first write makes them, since a session without a byte must leave nothing behind.
   */
  #hasTables: boolean;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#hasTables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'session'").toArray().length > 0;
  }

  read(): SessionRow | null {
    if (!this.#hasTables) return null;
    const [row] = this.#storage.sql.exec("SELECT * FROM session").toArray();
    return row === undefined ? null : sessionRow.parse(row);
  }

  /** Makes the tables and the session's row. */
  begin(row: SessionRow): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS session (
        one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL, key TEXT NOT NULL, uploadId TEXT,
        digest TEXT, size INTEGER NOT NULL, touchedAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY, etag TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS tail (piece INTEGER PRIMARY KEY, part INTEGER NOT NULL, bytes BLOB NOT NULL);`);
    this.#hasTables = true;
    this.write(row);
  }

  /** Deletes everything, including the alarm. */
  async forget(): Promise<void> {
    this.#hasTables = false;
    await this.#storage.deleteAll();
  }

  write(row: SessionRow): void {
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO session VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
      row.state,
      row.key,
      row.uploadId,
      row.digest,
      row.size,
      row.touchedAt,
      row.expiresAt,
    );
  }

  /** Writes the row and drops parts and tail, which are no longer needed. */
  close(row: SessionRow): void {
    this.#storage.transactionSync(() => {
      this.write(row);
      this.#storage.sql.exec("DELETE FROM parts");
      this.#storage.sql.exec("DELETE FROM tail");
    });
  }

  parts(): R2UploadedPart[] {
    return this.#storage.sql
      .exec("SELECT number AS partNumber, etag FROM parts ORDER BY number")
      .toArray()
      .map((row) => partRow.parse(row));
  }

  /**
   * Returns the number of bytes in parts and tail, which may be acknowledged. It never shrinks while the session is
   * open.
   */
  savedBytes(): number {
    if (!this.#hasTables) return 0;
    const row = this.#storage.sql
      .exec("SELECT (SELECT COUNT(*) FROM parts) AS parts, (SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM tail) AS tail")
      .one();
    const { parts, tail } = savedRow.parse(row);
    return parts * PART_BYTES + tail;
  }

  /** Adds a part, which replaces the tail's pieces that it was made of. */
  addPart(part: R2UploadedPart): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec("INSERT INTO parts VALUES (?, ?)", part.partNumber, part.etag);
      this.#storage.sql.exec("DELETE FROM tail WHERE part <= ?", part.partNumber);
    });
  }

  /** Reads the tail's pieces in order: the bytes of the part after the last one. */
  *tail(): Iterable<Uint8Array> {
    for (const row of this.#storage.sql.exec("SELECT bytes FROM tail ORDER BY piece")) {
      yield new Uint8Array(pieceRow.parse(row).bytes);
    }
  }

  addTail(part: number, bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      this.#storage.sql.exec(
        "INSERT INTO tail (part, bytes) VALUES (?, ?)",
        part,
        bytes.slice(start, start + PIECE_BYTES).buffer,
      );
    }
  }
}

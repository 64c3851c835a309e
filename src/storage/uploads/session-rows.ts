/**
 * What a session keeps in its Durable Object's SQLite storage, so that it survives an eviction:
 *
 *   session  one row: how the session stands
 *   parts    what R2 has taken: equal parts, numbered from 1 without gaps
 *   tail     the bytes after the last part, in pieces, each marked with the part that it will belong to
 *
 * Bytes count as acknowledged once they are in `parts` or `tail`.
 */
import { z } from "zod";
import { requireDigest } from "../../oci/digest.ts";

/**
 * R2 wants equal parts of 5 MiB or more, at most 10,000 of them: so a session holds up to 48.8 GiB. The least size
 * keeps memory low, since a part's bytes must be at hand to be sent again when R2 fails.
 */
export const PART_BYTES = 5 * 1024 * 1024;
export const MAX_SESSION_BYTES = PART_BYTES * 10_000;

/** A row may have 2 MB. */
const PIECE_BYTES = 1024 * 1024;

/**
 * `open`: takes bytes. `assembled`: its parts are one object, whose digest is still to be found by reading back.
 * `finished`: that object was handed over as a blob. `ended`: cancelled, expired or refused; nothing is left.
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
  /** Milliseconds since the epoch, as the other. */
  touchedAt: z.int(),
  /** When the session's address ceases to be valid: then the row itself may go. */
  expiresAt: z.int(),
});

export type SessionRow = Readonly<z.infer<typeof sessionRow>>;

const partRow = z.object({ partNumber: z.int(), etag: z.string() });
const pieceRow = z.object({ bytes: z.instanceof(ArrayBuffer) });
const savedRow = z.object({ parts: z.int(), tail: z.int() });

export class SessionRows {
  readonly #storage: DurableObjectStorage;
  /** Tables are made by the first write: a session that nothing was written of must leave nothing behind. */
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

  /** Leaves nothing behind, alarm included. */
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

  /** Writes the row and drops parts and tail, which are of no more use. */
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

  /** Bytes in parts and tail: what may be acknowledged. It never shrinks while the session is open. */
  savedBytes(): number {
    if (!this.#hasTables) return 0;
    const row = this.#storage.sql
      .exec("SELECT (SELECT COUNT(*) FROM parts) AS parts, (SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM tail) AS tail")
      .one();
    const { parts, tail } = savedRow.parse(row);
    return parts * PART_BYTES + tail;
  }

  /** A part replaces the tail's pieces that it was made of. */
  addPart(part: R2UploadedPart): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec("INSERT INTO parts VALUES (?, ?)", part.partNumber, part.etag);
      this.#storage.sql.exec("DELETE FROM tail WHERE part <= ?", part.partNumber);
    });
  }

  /** The tail's pieces in order: bytes that belong to the part after the last. */
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

/** Uploads that are open: the sessions that hold their bytes, and the rows that count them. */
import type { Grant } from "../auth/grant.ts";
import type { SessionTerms } from "../auth/session-token.ts";
import type { Digest } from "../oci/digest.ts";
import type { ChunkRange } from "../oci/range.ts";

/** The result of a chunk. `offset` is the number of bytes that the session holds afterwards, also after a failure. */
export type ChunkOutcome =
  | { readonly ok: true; readonly offset: number }
  | { readonly ok: false; readonly reason: UploadFailure; readonly offset: number };

/**
 * `unknown`: the session has ended. `order`: the chunk starts elsewhere, or another is being received.
 * `size`: more or fewer bytes than announced. `broken`: the body ended early. `too-large`: beyond any object's limit.
 * `digest`: the content has another digest.
 */
export type UploadFailure = "unknown" | "order" | "size" | "broken" | "too-large" | "digest";

export type FinishOutcome =
  | { readonly ok: true; readonly key: string; readonly size: number; readonly replayed: boolean }
  | { readonly ok: false; readonly reason: UploadFailure; readonly offset: number };

/**
 * Upload sessions that have received bytes: offset, parts, tail and running digest. A session has one writer at a time.
 */
export interface UploadStore {
  append(terms: SessionTerms, body: ReadableStream | null, range: ChunkRange | null): Promise<ChunkOutcome>;
  /** Appends the body, checks the digest and makes the bytes one object. A client may repeat it after a lost answer. */
  finish(
    terms: SessionTerms,
    body: ReadableStream | null,
    range: ChunkRange | null,
    digest: Digest,
  ): Promise<FinishOutcome>;
  /** Claims an untouched session for a whole upload that bypasses it, until released. Returns "empty" if it did so. */
  claim(terms: SessionTerms): Promise<"empty" | "begun" | "unknown">;
  release(terms: SessionTerms): Promise<void>;
  /** Returns the number of bytes held; null: the session has ended. */
  status(terms: SessionTerms): Promise<number | null>;
  /** Ends the session. Returns false if it had ended before. */
  cancel(terms: SessionTerms): Promise<boolean>;
}

/**
 * Open uploads as the database knows them: the credential of each, and the bytes that each takes of its space's room.
 */
export interface OpenUploadStore {
  /**
   * Confirms that a session may go on, and notes the number of bytes that it will hold; null: that is not known. Throws
   * SPACE_FULL; UPLOADS_FULL if the session was no longer known as open and the credential has too many others.
   */
  confirm(grant: Grant, session: string, bytes: number | null): Promise<void>;
  /** Forgets a session that has ended. */
  close(grant: Grant, session: string): Promise<void>;
}

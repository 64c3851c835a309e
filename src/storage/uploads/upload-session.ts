import { DurableObject } from "cloudflare:workers";
import { discardBody } from "../../body.ts";
import type { SessionTerms } from "../../auth/session-token.ts";
import { type Digest, digestAlgorithm, digestHex } from "../../oci/digest.ts";
import type { ChunkRange } from "../../oci/range.ts";
import { freshKey } from "../../registry/fresh-key.ts";
import type { ChunkOutcome, FinishOutcome, UploadFailure } from "../../registry/upload-store.ts";
import { isEmptyBody } from "./chunk-reader.ts";
import { PartWriter } from "./part-writer.ts";
import { abortMultipart } from "../r2/abort-multipart.ts";
import { digestObject } from "../r2/digest-object.ts";
import { type ReceivedEnd, Receiver } from "./receiver.ts";
import { digestOf, RunningHash } from "./running-hash.ts";
import { MAX_SESSION_BYTES, type SessionRow, SessionRows } from "./session-rows.ts";

/** Milliseconds after which an untouched session is given up and its bytes are dropped. */
export const IDLE_LIFETIME = 24 * 3_600_000;

export interface UploadEnv {
  readonly BLOBS: R2Bucket;
}

/** The state of an open session in memory. It is made anew from the rows after an eviction or a fault. */
interface LiveSession {
  readonly writer: PartWriter;
  /** Null: some written bytes were not hashed. */
  readonly hash: RunningHash | null;
}

type Failure = { readonly ok: false; readonly reason: UploadFailure; readonly offset: number };

const FAILURE_OF: Record<Exclude<ReceivedEnd, "complete">, UploadFailure> = {
  broken: "broken",
  short: "size",
  surplus: "size",
  refused: "too-large",
  interrupted: "unknown",
};

/**
 * One upload session (distribution spec, "Pushing a blob in chunks"). Until its first byte it has no state at all. Its
 * bytes move on like this: buffer → part in R2, or tail in SQLite → one R2 object → a blob, which the Worker links.
 */
export class UploadSession extends DurableObject<UploadEnv> {
  readonly #rows: SessionRows;
  #live: LiveSession | null = null;
  readonly #receiver = new Receiver();
  /** True if a whole upload bypasses this session, or has done so. The session is still empty then. */
  #claimed = false;
  /** The finish that is running, if any. */
  #finishing: Promise<FinishOutcome> | null = null;

  constructor(ctx: DurableObjectState, env: UploadEnv) {
    super(ctx, env);
    this.#rows = new SessionRows(ctx.storage);
  }

  /**
   * Appends a chunk. Bytes that arrived before a connection broke are kept, and count in the offset. The body is always
   * read to its end, so that the client hears the answer.
   */
  async append(terms: SessionTerms, body: ReadableStream | null, range: ChunkRange | null): Promise<ChunkOutcome> {
    try {
      return this.#finishing === null ? await this.#append(terms, body, range) : this.#failure("order");
    } finally {
      await discardBody(body);
    }
  }

  /** Appends the body, if there is one, and makes the bytes one object under its digest. */
  async finish(
    terms: SessionTerms,
    body: ReadableStream | null,
    range: ChunkRange | null,
    digest: Digest,
  ): Promise<FinishOutcome> {
    // A client that tries again waits for its first try. A repeated finish gives the same answer.
    while (this.#finishing !== null) await this.#finishing.catch(() => undefined);
    const finishing = this.#finish(terms, body, range, digest);
    this.#finishing = finishing;
    try {
      return await finishing;
    } finally {
      this.#finishing = null;
      await discardBody(body);
    }
  }

  /**
   * Claims the session, see `UploadStore.claim`. The claim is in memory only, since an untouched session has no row.
   */
  claim(): "empty" | "begun" | "unknown" {
    const session = this.#rows.read();
    if (session === null && !this.#receiver.isBusy) {
      this.#claimed = true;
      return "empty";
    }
    return session?.state === "ended" ? "unknown" : "begun";
  }

  release(): void {
    this.#claimed = false;
  }

  status(): number | null {
    const session = this.#rows.read();
    if (this.#claimed || (session !== null && session.state !== "open")) return null;
    return this.#rows.savedBytes();
  }

  async cancel(terms: SessionTerms): Promise<boolean> {
    await this.#finishing?.catch(() => undefined);
    if (this.status() === null) return false;
    const session = this.#rows.read() ?? (await this.#begin(terms));
    await this.#end(session);
    return true;
  }

  /** Gives up a session that lies idle; forgets an ended one when its address has expired. */
  override async alarm(): Promise<void> {
    const session = this.#rows.read();
    const now = Date.now();
    const idleUntil = (this.#receiver.isBusy ? now : (session?.touchedAt ?? 0)) + IDLE_LIFETIME;
    const hasExpired = session === null || now >= session.expiresAt;
    // An ended session comes here too: dropping its bytes may have failed the first time.
    if (session !== null && session.state !== "finished" && (hasExpired || now >= idleUntil)) await this.#end(session);
    if (hasExpired) await this.#rows.forget();
    else await this.ctx.storage.setAlarm(now < idleUntil ? Math.min(idleUntil, session.expiresAt) : session.expiresAt);
  }

  async #append(terms: SessionTerms, body: ReadableStream | null, range: ChunkRange | null): Promise<ChunkOutcome> {
    await this.#receiver.interruptStalled();
    // A client may send the next chunk before the last one is acknowledged; it waits its turn.
    if (range !== null) await this.#receiver.waitFor(range.start, this.#live?.writer.offset ?? this.#rows.savedBytes());
    if (this.#claimed) return this.#failure("unknown");
    const session = this.#rows.read() ?? (await this.#begin(terms));
    if (session.state !== "open") return this.#failure("unknown");
    if (this.#receiver.isBusy) return this.#failure("order");
    const live = this.#resume(session, terms);
    if (range !== null && range.start !== live.writer.offset) {
      const { offset } = live.writer;
      return body === null || (await isEmptyBody(body)) ? { ok: true, offset } : this.#failure("order");
    }
    const end = body === null ? "complete" : await this.#receive(live, body, range);
    return end === "complete" ? { ok: true, offset: live.writer.offset } : this.#failure(FAILURE_OF[end]);
  }

  async #finish(
    terms: SessionTerms,
    body: ReadableStream | null,
    range: ChunkRange | null,
    digest: Digest,
  ): Promise<FinishOutcome> {
    const before = this.#rows.read();
    if (before?.state === "finished") return this.#replay(before, digest);
    if (before?.state !== "assembled") {
      const appended = await this.#append(terms, body, range);
      if (!appended.ok) return appended;
    }
    const session = this.#rows.read();
    if (session === null) return this.#failure("unknown");
    return session.state === "assembled" ? this.#verify(session, digest) : this.#store(session, terms, digest);
  }

  #finished(session: SessionRow, digest: Digest, size: number): FinishOutcome {
    this.#live = null;
    this.#rows.close({ ...session, state: "finished", digest, size });
    return { ok: true, key: session.key, size, replayed: false };
  }

  async #begin(terms: SessionTerms): Promise<SessionRow> {
    const now = Date.now();
    const session: SessionRow = {
      state: "open",
      key: freshKey("blobs"),
      uploadId: null,
      digest: null,
      size: 0,
      touchedAt: now,
      expiresAt: terms.expiresAt,
    };
    this.#rows.begin(session);
    await this.ctx.storage.setAlarm(Math.min(now + IDLE_LIFETIME, terms.expiresAt));
    return session;
  }

  #resume(session: SessionRow, terms: SessionTerms): LiveSession {
    if (this.#live === null) {
      const writer = new PartWriter(this.env.BLOBS, this.#rows, session);
      const hash = writer.isSmall ? new RunningHash(terms.algorithm) : null;
      hash?.update(writer.tail);
      this.#live = { writer, hash };
    }
    return this.#live;
  }

  /** Makes a failure. Its `offset` counts only saved bytes, not those that are still on their way. */
  #failure(reason: UploadFailure): Failure {
    return { ok: false, reason, offset: this.#rows.savedBytes() };
  }

  #receive(live: LiveSession, body: ReadableStream, range: ChunkRange | null): Promise<ReceivedEnd> {
    return this.#receiver.receive(body, range, {
      write: (bytes) =>
        this.#orStartAgain(live, async () => {
          if (live.writer.offset + bytes.length > MAX_SESSION_BYTES) return false;
          live.hash?.update(bytes);
          await live.writer.write(bytes);
          return true;
        }),
      save: () =>
        this.#orStartAgain(live, async () => {
          await live.writer.save();
          this.#touch();
        }),
    });
  }

  /**
   * Runs some work. After a fault it drops the state in memory, since the hash may be ahead of the bytes that R2 has
   * taken; the rows count from then on.
   */
  async #orStartAgain<T>(live: LiveSession, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      this.#live = null;
      await live.writer.settle();
      throw fault;
    }
  }

  #touch(): void {
    const session = this.#rows.read();
    if (session !== null) this.#rows.write({ ...session, touchedAt: Date.now() });
  }

  #replay(session: SessionRow, digest: Digest): FinishOutcome {
    if (session.digest !== digest) return this.#failure("unknown");
    return { ok: true, key: session.key, size: session.size, replayed: true };
  }

  /** Makes an object of the open session's bytes. If the hash is at hand, it compares the digest before that. */
  async #store(session: SessionRow, terms: SessionTerms, digest: Digest): Promise<FinishOutcome> {
    const { writer, hash } = this.#resume(session, terms);
    const algorithm = digestAlgorithm(digest);
    const actual =
      hash?.algorithm === algorithm ? hash.digest() : writer.isSmall ? digestOf(algorithm, writer.tail) : null;
    if (actual !== null && actual !== digest) return this.#failure("digest");
    const size = writer.offset;
    if (writer.isSmall) {
      // Each try has a fresh key, since a failed one may have left an object under its key.
      const key = freshKey("blobs");
      await this.env.BLOBS.put(key, writer.tail, { [algorithm]: digestHex(digest) });
      if (session.uploadId !== null) await abortMultipart(this.env.BLOBS, session);
      return this.#finished({ ...session, key, uploadId: null }, digest, size);
    }
    await this.#assemble(session.key, writer);
    if (actual !== null) return this.#finished(session, digest, size);
    const assembled: SessionRow = { ...(this.#rows.read() ?? session), state: "assembled", size };
    this.#live = null;
    this.#rows.close(assembled);
    return this.#verify(assembled, digest);
  }

  /**
   * Completes the upload. If the answer was lost although the upload was completed, the object is there, and that is
   * enough.
   */
  async #assemble(key: string, writer: PartWriter): Promise<void> {
    try {
      await writer.assemble();
    } catch (fault) {
      this.#live = null;
      const object = await this.env.BLOBS.head(key);
      if (object?.size !== writer.offset) throw fault;
    }
  }

  /** Reads an assembled object back to check its digest. If it differs, the session cannot go on, so it ends. */
  async #verify(session: SessionRow, digest: Digest): Promise<FinishOutcome> {
    const actual = await digestObject(this.env.BLOBS, session.key, digestAlgorithm(digest));
    if (actual === digest) return this.#finished(session, digest, session.size);
    await this.#end(session);
    return { ok: false, reason: "digest", offset: 0 };
  }

  /** Drops the session's bytes. Its row stays, so that its address is known to have ended. */
  async #end(session: SessionRow): Promise<void> {
    await this.#receiver.interrupt();
    this.#live = null;
    const ending: SessionRow = { ...(this.#rows.read() ?? session), state: "ended" };
    this.#rows.close(ending);
    // Only one of the two is there. Deleting both costs nothing, and may be repeated.
    await this.env.BLOBS.delete(ending.key);
    if (ending.uploadId !== null) await abortMultipart(this.env.BLOBS, ending);
    this.#rows.write({ ...ending, uploadId: null });
  }
}

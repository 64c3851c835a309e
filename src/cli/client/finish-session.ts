import { setTimeout as sleep } from "node:timers/promises";
import { makeBackoff, mayChange } from "./backoff.ts";
import { refusedAnswer } from "./problem.ts";
import { type Answer, type Body, mayPass } from "./transport.ts";
import type { SessionOptions } from "./upload-session.ts";

/** The result of a try to end a session: the answer, its body unread, or a failure that may pass. */
export type TriedFinish =
  | { readonly answer: Answer }
  | {
      readonly answer: null;
      readonly failure: unknown;
      /** Milliseconds that the registry asked to wait; null if it did not. */
      readonly asked: number | null;
    };

interface Finish {
  readonly location: string;
  readonly digest: string;
  /** The last bytes, or all of them; null: none. */
  readonly body: Body | null;
}

/**
 * Tries once to end a session (end-6), perhaps with the last bytes or all of them. Throws a failure that will not pass.
 */
export async function tryFinish(
  { send, answerWithin }: SessionOptions,
  { location, digest, body }: Finish,
  signal?: AbortSignal,
): Promise<TriedFinish> {
  const headers = { "content-type": "application/octet-stream", ...(body === null && { "content-length": "0" }) };
  // Appended as text: the rest of the query is the registry's own, and must not be encoded anew.
  const address = `${location}${location.includes("?") ? "&" : "?"}digest=${digest}`;
  let answer: Answer;
  try {
    answer = await send({
      method: "PUT",
      address,
      headers,
      answerWithin,
      ...(body && { body }),
      ...(signal && { signal }),
    });
  } catch (failure) {
    if (!mayPass(failure)) throw failure;
    return { answer: null, failure, asked: null };
  }
  if (answer.status === 201 || answer.status === 204) return { answer };
  const refused = await refusedAnswer(answer);
  if (!mayChange(answer.status)) throw refused;
  return { answer: null, failure: refused, asked: refused.asked };
}

/** Bytes that a registry reads in a millisecond, at least, if it has to read the whole blob again for its digest. */
const READ_AGAIN = 20_000;

interface Ending {
  readonly location: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** True if the repository has the blob. */
  readonly isThere: () => Promise<boolean>;
}

/**
 * Ends a session without a body (end-6), and tries for as long as it may help; ending it twice does no harm. The
 * registry may answer late, since it may have to read the blob again, or its answer may get lost. Meanwhile the blob is
 * looked for on another connection. Null: the blob is there, although no answer came.
 */
export async function finishSession(
  session: SessionOptions,
  { location, digest, size, isThere }: Ending,
): Promise<Answer | null> {
  const backoff = makeBackoff(session);
  for (;;) {
    const answerWithin = backoff.answerWithin(session.answerWithin + size / READ_AGAIN);
    const ended = new AbortController();
    const finishing = tryFinish({ ...session, answerWithin }, { location, digest, body: null }, ended.signal);
    // This request is aborted once the blob is there, which is no failure.
    finishing.catch(() => undefined);
    try {
      const tried = await Promise.race([finishing, waitForBlob(isThere, session.answerWithin, ended.signal)]);
      if (tried === null) return null;
      if (tried.answer !== null) return tried.answer;
      await backoff.pause(tried.failure, tried.asked);
    } finally {
      ended.abort();
    }
  }
}

/** Looks for the blob now and then, until it is there. A look that fails says nothing. */
async function waitForBlob(isThere: Ending["isThere"], every: number, signal: AbortSignal): Promise<null> {
  for (;;) {
    await sleep(every, undefined, { signal });
    if (await isThere().catch(() => false)) return null;
  }
}

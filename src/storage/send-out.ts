import { ANSWER_WITHIN } from "../events/processing.ts";
import type { Sender } from "../events/target.ts";

/** Milliseconds for a body that is only shown. */
const SHOWN_WITHIN = 1000;

/** The most parts of a body that are read, since some senders send a few bytes at a time. */
const MOST_PARTS = 1024;

/** Sends deliveries. A redirect is an answer like any other: it is not followed. */
export const sendOut: Sender = async ({ url, method, headers, body }, keep, needsBody = false) => {
  const signal = AbortSignal.timeout(ANSWER_WITHIN);
  const answer = await fetch(url, { method, headers, body, redirect: "manual", signal });
  return {
    status: answer.status,
    body: await beginningOf(answer.body, keep, needsBody && answer.ok),
    retryAfter: answer.headers.get("Retry-After"),
  };
};

/**
 * Reads the beginning of a body, however long the body is. A body that is only shown is read as far as it arrives soon
 * and undamaged, and its faults are ignored. Throws if a body that is needed breaks off or cannot be decoded.
 */
async function beginningOf(body: ReadableStream<Uint8Array> | null, keep: number, isNeeded: boolean): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const mostParts = isNeeded ? Infinity : MOST_PARTS;
  const patience = isNeeded ? new Promise<never>(() => undefined) : scheduler.wait(SHOWN_WITHIN).then(() => null);
  let text = "";
  try {
    for (let parts = 0; text.length < keep && parts < mostParts; parts++) {
      const read = await Promise.race([reader.read(), patience]);
      if (read === null || read.done) break;
      text += decoder.decode(read.value, { stream: true });
    }
  } catch (fault) {
    if (isNeeded) throw fault;
  } finally {
    // Not awaited, since it may take as long as the body that it ends.
    void reader.cancel().catch(() => undefined);
  }
  return text.slice(0, keep);
}

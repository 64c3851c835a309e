import { ANSWER_WITHIN } from "../events/processing.ts";
import type { Sender } from "../events/target.ts";

/** Milliseconds that a body has which is only for show. */
const SHOWN_WITHIN = 1000;

/** Parts of a body that are read: some senders dribble. */
const MOST_PARTS = 1024;

/** Sends deliveries out. A redirect is an answer like any other: what it points to is not asked. */
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
 * The beginning of a body, however long it is. One that is only for show is read as far as it comes soon and whole: its faults are
 * nobody's. Throws where one that is needed breaks off, or is not what it says.
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
    // Not waited for: it may take as long as what it ends.
    void reader.cancel().catch(() => undefined);
  }
  return text.slice(0, keep);
}

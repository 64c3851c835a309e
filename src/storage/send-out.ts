import { ANSWER_WITHIN } from "../events/processing.ts";
import type { Sender } from "../events/target.ts";

/** Sends deliveries out. A redirect is an answer like any other: what it points to is not asked. */
export const sendOut: Sender = async ({ url, method, headers, body }, keep) => {
  const signal = AbortSignal.timeout(ANSWER_WITHIN);
  const answer = await fetch(url, { method, headers, body, redirect: "manual", signal });
  return {
    status: answer.status,
    body: await firstOf(answer.body, keep),
    retryAfter: answer.headers.get("Retry-After"),
  };
};

/** The beginning of a body, however long it is and however slowly the rest comes. */
async function firstOf(body: ReadableStream | null, keep: number): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < keep) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel().catch(() => undefined);
  return text.slice(0, keep);
}

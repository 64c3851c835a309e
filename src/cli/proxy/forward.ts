import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { makeBackoff } from "../client/backoff.ts";
import { chunkLimits } from "../client/chunk-size.ts";
import { type Answer, mayPass, unreachable } from "../client/transport.ts";
import { answerWith, bodyLength, type Exchange } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";

/**
 * Milliseconds. A forwarded body cannot be sent again by the proxy, but by the client, so the client must hear of a
 * failure before it gives up itself.
 */
const BODY_ANSWERED_WITHIN = 60_000;

/** Forwards a request unchanged, and its answer as it comes. */
export async function forward(exchange: Exchange): Promise<void> {
  const answer = await ask(exchange);
  learn(exchange, answer);
  answerWith(exchange, answer.status, answer.fields);
  answer.body.on("data", (piece: Buffer) => exchange.state.passed(piece.length));
  await pipeline(answer.body, exchange.response, { end: false });
}

/** Sends the request. One without a body is sent again if the registry is restarting. */
async function ask(exchange: Exchange): Promise<Answer> {
  const { state, request, signal } = exchange;
  const backoff = makeBackoff({ patience: state.patience.question, signal });
  const length = bodyLength(request);
  for (;;) {
    try {
      return await send(
        exchange,
        length,
        backoff.answerWithin(length === 0 ? state.answerWithin : BODY_ANSWERED_WITHIN),
      );
    } catch (cause) {
      signal.throwIfAborted();
      const failure = unreachable(new URL(state.registry.origin), cause);
      if (length !== 0 || !mayPass(failure)) throw failure;
      await backoff.pause(failure, null);
    }
  }
}

function send(
  { state, request, body, signal }: Exchange,
  length: number | null,
  answerWithin: number,
): Promise<Answer> {
  const { origin } = state.registry;
  return state.transport.send({
    method: request.method ?? "GET",
    url: new URL(origin),
    target: request.url ?? "/",
    headers: { ...requestHeaders(request.headers), ...(length === 0 && framing(request.method)) },
    secretsOf: origin,
    // A separate stream: it is destroyed if the registry answers before it has taken everything, and the client's
    // connection must survive that.
    ...(length !== 0 && { body: { length, open: () => Readable.from(body) } }),
    signal,
    answerWithin,
  });
}

/** Returns the headers that frame an empty body: GET and HEAD need none; other methods state a length of zero. */
function framing(method: string | undefined): Record<string, string> {
  return method === "GET" || method === "HEAD" ? {} : { "content-length": "0" };
}

/**
 * Notes what an answer tells about chunks: the registry's limits, or that this body was too large for the registry or a
 * proxy.
 */
function learn({ state, request }: Exchange, { status, headers }: Answer): void {
  if (request.method === "POST" && status === 202) state.limits = chunkLimits(headers);
  const length = bodyLength(request) ?? 0;
  if (status !== 413 || length <= state.limits.min) return;
  state.chunkSize = Math.max(state.limits.min, Math.floor(length / 2));
  state.warn(
    `${state.registry.host} refuses a body of ${length} bytes; from now on, bodies over half of that are sent in chunks`,
  );
}

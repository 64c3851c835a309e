import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { makeBackoff } from "../client/backoff.ts";
import { chunkLimits } from "../client/chunk-size.ts";
import { type Answer, mayPass, unreachable } from "../client/transport.ts";
import { answerWith, bodyLength, type Exchange } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";

/** Milliseconds. A body that is passed on cannot be sent again: the client, which can, is told before it gives up itself. */
const BODY_ANSWERED_WITHIN = 60_000;

/** Passes a request on as it is, and the answer back as it comes. */
export async function forward(exchange: Exchange): Promise<void> {
  const answer = await ask(exchange);
  learn(exchange, answer);
  answerWith(exchange, answer.status, answer.fields);
  answer.body.on("data", (piece: Buffer) => exchange.state.passed(piece.length));
  await pipeline(answer.body, exchange.response, { end: false });
}

/** Without a body, a request can be sent again: the registry may be starting anew. */
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
    // Its own stream: it is destroyed when the registry answers before it has taken all, and the connection shall not be.
    ...(length !== 0 && { body: { length, open: () => Readable.from(body) } }),
    signal,
    answerWithin,
  });
}

/** A GET has no length to tell; a POST without a body says so. */
function framing(method: string | undefined): Record<string, string> {
  return method === "GET" || method === "HEAD" ? {} : { "content-length": "0" };
}

/** Notes what the answer tells of chunks: the registry's wishes, or that this body was too large for somebody on the way. */
function learn({ state, request }: Exchange, { status, headers }: Answer): void {
  if (request.method === "POST" && status === 202) state.limits = chunkLimits(headers);
  const length = bodyLength(request) ?? 0;
  if (status !== 413 || length <= state.limits.min) return;
  state.chunkSize = Math.max(state.limits.min, Math.floor(length / 2));
  state.warn(
    `${state.registry.host} refuses a body of ${length} bytes; from now on, bodies over half of that are sent in chunks`,
  );
}

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Dispatcher } from "undici";
import { makeBackoff } from "../client/backoff.ts";
import { chunkLimits } from "../client/chunk-size.ts";
import { mayPass, unreachable } from "../client/transport.ts";
import { answerWith, bodyLength, type Exchange } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";

/** Passes a request on as it is, and the answer back as it comes. */
export async function forward(exchange: Exchange): Promise<void> {
  const answer = await ask(exchange);
  learn(exchange, answer);
  answerWith(exchange, answer.statusCode, answer.headers);
  answer.body.on("data", (piece: Buffer) => exchange.state.passed(piece.length));
  await pipeline(answer.body, exchange.response, { end: false });
}

/** Without a body, a request can be sent again: the registry may be starting anew. */
async function ask(exchange: Exchange): Promise<Dispatcher.ResponseData> {
  const { state, request, signal } = exchange;
  const backoff = makeBackoff({ patience: state.patience.question, signal });
  const length = bodyLength(request);
  for (;;) {
    try {
      return await send(exchange, length);
    } catch (cause) {
      signal.throwIfAborted();
      const failure = unreachable(new URL(state.registry.origin), cause);
      if (length !== 0 || !mayPass(failure)) throw failure;
      await backoff.pause(failure, null);
    }
  }
}

function send({ state, request, body, signal }: Exchange, length: number | null): Promise<Dispatcher.ResponseData> {
  return state.transport.dispatcher.request({
    origin: state.registry.origin,
    path: request.url ?? "/",
    method: request.method ?? "GET",
    headers: { ...requestHeaders(request.headers), ...(length !== null && framing(request.method, length)) },
    // Its own stream: it is destroyed when the registry answers before it has taken all, and the connection shall not be.
    body: length === 0 ? null : Readable.from(body),
    signal,
  });
}

/** A GET has no length to tell; a POST without a body says so. */
function framing(method: string | undefined, length: number): Record<string, string> {
  return length === 0 && (method === "GET" || method === "HEAD") ? {} : { "content-length": String(length) };
}

/** Notes what the answer tells of chunks: the registry's wishes, or that this body was too large for somebody on the way. */
function learn({ state, request }: Exchange, { statusCode, headers }: Dispatcher.ResponseData): void {
  if (request.method === "POST" && statusCode === 202) {
    state.limits = chunkLimits(new Map(Object.entries(headers).map(([name, value]) => [name, String(value)])));
  }
  const length = bodyLength(request) ?? 0;
  if (statusCode !== 413 || length <= state.limits.min) return;
  state.chunkSize = Math.max(state.limits.min, Math.floor(length / 2));
  state.warn(
    `${state.registry.host} refuses a body of ${length} bytes; from now on, larger ones than half of that are cut`,
  );
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { RegistryAddress } from "../client/reference.ts";
import type { HeaderFields, Transport } from "../client/transport.ts";
import type { ChunkLimits } from "../client/chunk-size.ts";
import type { SlabPool } from "./slabs.ts";
import { type Addresses, answerHeaders } from "./headers.ts";

/** The state that all requests through a proxy share. */
export interface ProxyState {
  readonly registry: RegistryAddress;
  readonly transport: Transport;
  readonly pool: SlabPool;
  /**
   * Bytes. Larger bodies are cut into chunks of at most this size. It shrinks when the registry or a proxy refuses it.
   */
  chunkSize: number;
  /** The registry's limits on chunks, as far as it has told them. */
  limits: ChunkLimits;
  /** Bytes of memory that one chunk may take. */
  readonly window: number;
  /** Milliseconds without progress before an upload, or any other request, is given up. */
  readonly patience: { readonly upload: number; readonly question: number };
  /** Milliseconds that a first try may be without an answer. */
  readonly answerWithin: number;
  /** Called with the number of bytes that were read. */
  readonly passed: (bytes: number) => void;
  /** Warns the user about a problem. */
  readonly warn: (text: string) => void;
}

/** One request on its way through the proxy. */
export interface Exchange {
  readonly state: ProxyState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The request's body. A reader that stops early leaves the rest to be read. */
  readonly body: AsyncIterableIterator<Buffer, undefined>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly addresses: Addresses;
  /** The number of requests that the body was cut into, for the log. */
  chunks: number;
}

/** Returns the body of a request. It stays open for further readers: an iteration that ends early does not end it. */
export function bodyOf(request: IncomingMessage): AsyncIterableIterator<Buffer, undefined> {
  const pieces = request.iterator({ destroyOnReturn: false });
  const body = {
    next: () => pieces.next(),
    [Symbol.asyncIterator]: () => body,
  };
  return body;
}

/** Returns the length of the request's body in bytes; null if the request does not say. */
export function bodyLength({ headers }: IncomingMessage): number | null {
  const length = headers["content-length"];
  if (length !== undefined) return Number(length);
  return headers["transfer-encoding"] === undefined ? 0 : null;
}

/** Begins the answer to the client. */
export function answerWith(exchange: Exchange, status: number, headers: HeaderFields): void {
  exchange.response.writeHead(status, answerHeaders(headers, exchange.addresses));
}

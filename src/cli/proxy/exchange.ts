import type { IncomingMessage, ServerResponse } from "node:http";
import type { RegistryAddress } from "../client/reference.ts";
import type { HeaderFields, Transport } from "../client/transport.ts";
import type { ChunkLimits } from "../client/chunk-size.ts";
import type { SlabPool } from "./slabs.ts";
import { type Addresses, answerHeaders } from "./headers.ts";

/** What all requests through a proxy share. */
export interface ProxyState {
  readonly registry: RegistryAddress;
  readonly transport: Transport;
  readonly pool: SlabPool;
  /** Bodies over this are cut, and chunks are no larger. Bytes. It shrinks where something on the way refuses their size. */
  chunkSize: number;
  /** What the registry has said of chunks so far. */
  limits: ChunkLimits;
  /** Bytes that one chunk may have in memory. */
  readonly window: number;
  /** Milliseconds without progress after which an upload is given up, and any other request. */
  readonly patience: { readonly upload: number; readonly question: number };
  /** Milliseconds that a first try may be without an answer. */
  readonly answerWithin: number;
  /** To be told of bytes that were read. */
  readonly passed: (bytes: number) => void;
  /** Tells a person about what does not go as it should. */
  readonly warn: (text: string) => void;
}

/** One request on its way through. */
export interface Exchange {
  readonly state: ProxyState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The request's body. Who stops reading it leaves the rest to be read. */
  readonly body: AsyncIterableIterator<Buffer, undefined>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly addresses: Addresses;
  /** For the log: the requests that a body was cut into. */
  chunks: number;
}

/** The body of a request, which stays open for whoever reads on: an iteration that ends early does not end it. */
export function bodyOf(request: IncomingMessage): AsyncIterableIterator<Buffer, undefined> {
  const pieces = request.iterator({ destroyOnReturn: false });
  const body = {
    next: () => pieces.next(),
    [Symbol.asyncIterator]: () => body,
  };
  return body;
}

/** The length of the request's body in bytes; null where it does not say. */
export function bodyLength({ headers }: IncomingMessage): number | null {
  const length = headers["content-length"];
  if (length !== undefined) return Number(length);
  return headers["transfer-encoding"] === undefined ? 0 : null;
}

/** Begins the answer to the client. */
export function answerWith(exchange: Exchange, status: number, headers: HeaderFields): void {
  exchange.response.writeHead(status, answerHeaders(headers, exchange.addresses));
}

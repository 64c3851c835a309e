import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { refuse, reply, urlOf } from "./server.ts";

/** A fault in a request. `cutAfter`: the connection breaks after that many bytes of the body, which are kept. */
export type Fault =
  | { readonly cutAfter: number }
  /** The chunk arrives, and its answer is lost once this resolves. */
  | { readonly lostWhen: () => Promise<unknown> }
  | {
      readonly status: number;
      readonly code?: string;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    };

interface Session {
  readonly pieces: Buffer[];
  size: number;
  /** The chunk that is being received: its end, and the moment when it has arrived. */
  busy?: { readonly end: number; readonly received: Promise<unknown> } | undefined;
}

export interface Seen {
  readonly method: string;
  readonly range: string | null;
  readonly length: string | null;
  readonly authorization: string | null;
  /** Bytes of the body that arrived. */
  received: number;
}

/** The uploading part of a registry, in memory, with faults on demand. */
export class UploadRegistry {
  readonly blobs = new Map<string, Buffer>();
  readonly sessions = new Map<string, Session>();
  readonly seen: Seen[] = [];
  /** Headers of the answer that begins an upload. */
  startHeaders: Record<string, string> = {};
  /** Returns the fault for a request, before it is served. */
  fault: (request: IncomingMessage, count: number) => Fault | null = () => null;
  /** Delays the acknowledgement of a chunk, given its number. */
  beforeAcknowledging: (count: number) => Promise<void> = () => Promise.resolve();

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#serve(request, response);
  };

  /** Returns the requests of a method, in order. */
  of(method: string): readonly Seen[] {
    return this.seen.filter((one) => one.method === method);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "";
    const seen: Seen = {
      method,
      range: request.headers["content-range"] ?? null,
      length: request.headers["content-length"] ?? null,
      authorization: request.headers.authorization ?? null,
      received: 0,
    };
    this.seen.push(seen);
    const fault = this.fault(request, this.of(method).length);
    if (fault !== null && "status" in fault) {
      if (fault.code === undefined) reply(response, fault.status, fault.headers, fault.body);
      else refuse(response, fault.status, fault.code, fault.headers);
      return;
    }
    const { pathname, searchParams } = urlOf(request);
    const [, id = ""] = /\/blobs\/uploads\/(.*)$/.exec(pathname) ?? [];
    const session = this.sessions.get(id);
    if (method === "HEAD") {
      const blob = this.blobs.get(pathname.slice(pathname.lastIndexOf("/") + 1));
      reply(response, blob ? 200 : 404, { "content-length": String(blob?.length ?? 0) });
    } else if (method === "POST") {
      const begun = randomUUID();
      this.sessions.set(begun, { pieces: [], size: 0 });
      reply(response, 202, { location: `/v2/acme/web/blobs/uploads/${begun}`, range: "0-0", ...this.startHeaders });
    } else if (session === undefined) refuse(response, 404, "BLOB_UPLOAD_UNKNOWN");
    else if (method === "GET") reply(response, 204, position(request, session));
    else if (method === "PATCH") await this.#append(request, response, session, seen, fault);
    else await this.#finish(request, response, id, session, seen, searchParams.get("digest") ?? "", fault);
  }

  async #append(
    request: IncomingMessage,
    response: ServerResponse,
    session: Session,
    seen: Seen,
    fault: Exclude<Fault, { status: number }> | null,
  ): Promise<void> {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(seen.range ?? "") ?? [];
    const start = Number(first ?? session.size);
    const count = this.of("PATCH").length;
    // Spacedock does the same: a chunk waits for the one before it, which may come a little later.
    for (let waited = 0; waited < 50 && start > session.size && session.busy?.end !== start; waited++) await sleep(10);
    if (session.busy?.end === start) await session.busy.received;
    if (session.busy !== undefined || start !== session.size)
      return refuse(response, 416, "BLOB_UPLOAD_INVALID", position(request, session));
    const cut = fault !== null && "cutAfter" in fault ? fault : null;
    const receiving = receive(request, session, seen, cut);
    session.busy = { end: Number(last ?? -2) + 1, received: receiving };
    const isWhole = await receiving;
    session.busy = undefined;
    if (fault !== null && "lostWhen" in fault) {
      await fault.lostWhen();
      request.socket.destroy();
    } else if (isWhole) {
      await this.beforeAcknowledging(count);
      reply(response, 202, position(request, session));
    }
  }

  async #finish(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    session: Session,
    seen: Seen,
    digest: string,
    fault: Exclude<Fault, { status: number }> | null,
  ): Promise<void> {
    const cut = fault !== null && "cutAfter" in fault ? fault : null;
    if (!(await receive(request, session, seen, cut))) return;
    const bytes = Buffer.concat(session.pieces);
    if (`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== digest)
      return refuse(response, 400, "DIGEST_INVALID");
    this.blobs.set(digest, bytes);
    this.sessions.delete(id);
    reply(response, 201, { location: `/v2/acme/web/blobs/${digest}`, "docker-content-digest": digest });
  }
}

function position(request: IncomingMessage, session: Session): Record<string, string> {
  return { location: urlOf(request).pathname, range: `0-${Math.max(session.size - 1, 0)}` };
}

/** Receives a body. Returns false if the connection was cut. */
async function receive(
  request: IncomingMessage,
  session: Session,
  seen: Seen,
  fault: { readonly cutAfter: number } | null,
): Promise<boolean> {
  try {
    for await (const piece of request) {
      const all: Buffer = Buffer.from(piece);
      const bytes = fault === null ? all : all.subarray(0, Math.max(0, fault.cutAfter - seen.received));
      session.pieces.push(bytes);
      session.size += bytes.length;
      seen.received += bytes.length;
      if (fault !== null && seen.received >= fault.cutAfter) request.socket.destroy();
    }
  } catch {
    return false;
  }
  return !request.socket.destroyed;
}

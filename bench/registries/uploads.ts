import type { Readable } from "node:stream";
import type { Connection } from "../../src/cli/client/connection.ts";
import { pushScope, repositoryPath } from "../../src/cli/client/repository.ts";
import { type Body, drain } from "../../src/cli/client/transport.ts";
import { locationOf, type SessionRequest } from "../../src/cli/client/upload-session.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { finishAddress } from "../../harness/live/ask.ts";

/** The content of a blob, which can be read any number of times. */
export interface Content {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly open: (from: number, to: number) => Readable;
}

/**
 * The means of sending a blob's bytes, after the POST that begins its session. `put`: in the PUT that ends it, as
 * containerd, buildx and oras do. `patch`: in one PATCH of known length, as zb does. `stream`: in one PATCH without its
 * length, as docker does. `chunks`: in ten PATCHes with Content-Range.
 */
export type Way = "put" | "patch" | "stream" | "chunks";

/** Begins a session, sends the bytes, and ends it. No request is repeated: a failure is the registry's result. */
export async function uploadBlob(connection: Connection, name: string, content: Content, way: Way): Promise<void> {
  const address = repositoryPath({ name }, "blobs/uploads/");
  const send = (request: SessionRequest, status: number): Promise<string> =>
    sendTo(connection, pushScope({ name }), request, status);
  const begun = await send({ method: "POST", address, headers: { "content-length": "0" } }, 202);
  const body = way === "put" ? bodyOf(content) : null;
  const session = body === null ? await patch(send, begun, content, way) : begun;
  const end = finishAddress(session, content.digest);
  const headers = { "content-type": "application/octet-stream", ...(body === null && { "content-length": "0" }) };
  await send({ method: "PUT", address: end, headers, ...(body && { body }) }, 201);
}

async function patch(
  send: (request: SessionRequest, status: number) => Promise<string>,
  begun: string,
  content: Content,
  way: Way,
): Promise<string> {
  const step = way === "chunks" ? Math.ceil(content.size / 10) : content.size;
  let session = begun;
  for (let from = 0; from < content.size; from += step) {
    const to = Math.min(from + step, content.size);
    const headers = {
      "content-type": "application/octet-stream",
      ...(way === "chunks" && { "content-range": `${from}-${to - 1}` }),
    };
    const body = { ...bodyOf(content, from, to), ...(way === "stream" && { length: null }) };
    session = await send({ method: "PATCH", address: session, headers, body }, 202);
  }
  return session;
}

function bodyOf({ size, open }: Content, from = 0, to = size): Body {
  return { length: to - from, open: () => open(from, to) };
}

/** Sends a request, and returns the address at which the session goes on. Throws RefusedError for another status. */
async function sendTo(connection: Connection, scope: string, request: SessionRequest, status: number): Promise<string> {
  const answer = await connection.ask({ ...request, scopes: [scope], expect: [status], retry: false });
  await drain(answer);
  return locationOf(answer);
}

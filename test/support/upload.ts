import { env } from "cloudflare:workers";
import { type Digest, digestAlgorithm } from "../../src/oci/digest.ts";
import { digestBytes } from "../../src/oci/digest-bytes.ts";
import type { UploadSession } from "../../src/storage/uploads/upload-session.ts";
import { ask } from "./registry.ts";

export interface ChunkWish {
  /** The first byte for Content-Range. */
  readonly at?: number;
  /** Sends the body as a stream of unknown length. */
  readonly chunked?: boolean;
}

/** Sends these bytes to a session by PATCH. */
export function patch(session: string, as: string, bytes: Uint8Array, wish: ChunkWish = {}): Promise<Response> {
  return ask(session, {
    method: "PATCH",
    as,
    headers: rangeHeader(bytes, wish),
    body: wish.chunked ? streamOf([bytes]) : bytes,
  });
}

/** Ends a session by PUT, perhaps with its last bytes. */
export function finish(
  session: string,
  as: string,
  digest: string,
  bytes: Uint8Array | null = null,
  wish: ChunkWish = {},
): Promise<Response> {
  const headers = bytes === null ? {} : rangeHeader(bytes, wish);
  const body = bytes !== null && wish.chunked ? streamOf([bytes]) : bytes;
  return ask(`${session}?digest=${digest}`, { method: "PUT", as, headers, body });
}

function rangeHeader(bytes: Uint8Array, { at }: ChunkWish): Record<string, string> {
  return at === undefined ? {} : { "Content-Range": `${at}-${at + bytes.length - 1}` };
}

/** Makes a body of unknown length, as chunked transfer has. @param breaks true if it breaks after its bytes */
export function streamOf(pieces: readonly Uint8Array[], breaks = false): ReadableStream {
  const rest = [...pieces];
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = rest.shift();
      if (piece !== undefined) controller.enqueue(piece.slice());
      else if (breaks) controller.error(new Error("the connection broke"));
      else controller.close();
    },
  });
}

/** Returns the number of bytes that the session says it holds; null if it is gone. */
export async function offsetOf(session: string, as: string): Promise<number | null> {
  const answer = await ask(session, { as });
  if (answer.status === 404) return null;
  const last = /^0-(\d+)$/.exec(answer.headers.get("Range") ?? "")?.[1];
  if (answer.status !== 204 || last === undefined) throw new Error(`asking a session answered ${answer.status}`);
  return last === "0" ? 0 : Number(last) + 1;
}

/** Returns the Durable Object of a session. */
export function sessionObject(session: string): DurableObjectStub<UploadSession> {
  const id = /\/([0-9a-f]{32})-[^/]*$/.exec(session)?.[1];
  if (id === undefined) throw new Error(`not a session's address: ${session}`);
  return env.UPLOADS.getByName(id);
}

/** True if the repository has the blob, and its bytes match the digest. */
export async function isReadable(repository: string, as: string, digest: Digest): Promise<boolean> {
  const answer = await ask(`/v2/${repository}/blobs/${digest}`, { as });
  return answer.status === 200 && (await digestBytes(digestAlgorithm(digest), await answer.bytes())) === digest;
}

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll } from "vitest";
import type { TestServer } from "./server.ts";

/**
 * The fate of a connection. `answer`: the request arrives, but no answer comes back. `request`: not even
 * the request arrives. A number: so many bytes of the answer come back. Null: all goes well.
 */
export type Fate = "answer" | "request" | number | null;

interface BlackHole extends TestServer {
  /** Decides about each request by its first line, as in `PUT /v2/acme/web/manifests/1 HTTP/1.1`. */
  fate: (line: string) => Fate;
  /** The first lines of all requests. */
  readonly lines: string[];
}

const REQUEST = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE) .*/;

/** Starts a way to a server on which connections die silently: neither end is told. */
export async function startBlackHole(to: TestServer): Promise<BlackHole> {
  const { hostname, port } = new URL(to.url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    let fate: Fate = null;
    let came = 0;
    client.on("data", (piece: Buffer) => {
      const [line] = REQUEST.exec(piece.toString("latin1")) ?? [];
      if (line !== undefined && fate === null) {
        hole.lines.push(line);
        fate = hole.fate(line);
        came = 0;
      }
      if (fate !== "request") upstream.write(piece);
    });
    upstream.on("data", (piece: Buffer) => {
      if (fate === "answer" || fate === "request") return;
      client.write(fate === null ? piece : piece.subarray(0, Math.max(0, fate - came)));
      came += piece.length;
    });
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  const host = `127.0.0.1:${address.port}`;
  const hole: BlackHole = { host, url: `http://${host}`, fate: () => null, lines: [] };
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return hole;
}

/** Gives this fate to the first request of the kind; all others go well. */
export function firstOf(pattern: RegExp, fate: Fate): BlackHole["fate"] {
  let isOver = false;
  return (line) => {
    if (isOver || !pattern.test(line)) return null;
    isOver = true;
    return fate;
  };
}

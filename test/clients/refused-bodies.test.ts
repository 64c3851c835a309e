import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect } from "../../harness/live/server.ts";

/** Bodies that are refused, over a real connection: the client hears why, and may ask the next thing on the same one. */

const SPACE = "refused-bodies";
const REPOSITORY = `${SPACE}/web`;
const SIZE = 20_000_000;
const PIECE = Buffer.alloc(64 * 1024, "a");

const registry = connect(inject("registry"));
const { hostname, port, host } = new URL(registry.url);
const open = new Set<Socket>();
let push = "";

beforeAll(async () => {
  await registry.createSpace(SPACE);
  const secret = await registry.createToken(SPACE, { actions: ["pull", "push", "delete"] });
  push = `Basic ${Buffer.from(`ci:${secret}`).toString("base64")}`;
});

afterAll(() => {
  for (const socket of open) socket.destroy();
});

type Framing = "Content-Length" | "Transfer-Encoding";

/** Sends a request with 20 MB to its end, then another on the same connection. Returns the statuses of both. */
async function statusesOf(method: string, path: string, framing: Framing, authorization: string): Promise<string> {
  const socket = openSocket(Number(port), hostname);
  open.add(socket);
  const answers = text(socket);
  const isChunked = framing === "Transfer-Encoding";
  const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${SIZE}`;
  const authorized = authorization === "" ? "" : `Authorization: ${authorization}\r\n`;
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${authorized}${length}\r\n\r\n`);
  for (let left = SIZE; left > 0; left -= PIECE.length) {
    const piece = PIECE.subarray(0, Math.min(PIECE.length, left));
    const framed = isChunked ? [`${piece.length.toString(16)}\r\n`, piece, "\r\n"] : [piece];
    if (!framed.map((part) => socket.write(part)).every(Boolean)) await Promise.race([once(socket, "drain"), answers]);
  }
  if (isChunked) socket.write("0\r\n\r\n");
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const statuses = (await answers).match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];
  return statuses.join(" ");
}

describe.each<Framing>(["Content-Length", "Transfer-Encoding"])("20 MB, sent with %s,", (framing) => {
  it.each([
    ["PUT", `/v2/${REPOSITORY}/manifests/latest`, "413"],
    ["PATCH", `/v2/${REPOSITORY}/manifests/latest`, "405"],
    ["DELETE", `/v2/${REPOSITORY}/manifests/latest`, "404"],
    ["POST", `/v2/${REPOSITORY}/blobs/uploads/?digest=sha256:${"0".repeat(64)}`, "400"],
    ["POST", `/v2/${REPOSITORY}/nothing`, "404"],
  ])("of a %s to %s are answered", async (method, path, status) => {
    expect(await statusesOf(method, path, framing, push)).toBe(`${status} 200`);
  });

  it("of nobody in particular to /token are answered", async () => {
    expect(await statusesOf("POST", "/token", framing, "")).toBe("413 200");
  });

  it.each([
    ["POST", "/api/v1/spaces", "413"],
    ["PATCH", `/api/v1/spaces/${SPACE}`, "413"],
    ["POST", `/api/v1/spaces/${SPACE}/targets/none/enable`, "404"],
    ["POST", "/api/v1/spaces/", "404"],
  ])("of an administrator's %s to %s are answered", async (method, path, status) => {
    expect(await statusesOf(method, path, framing, `Bearer ${registry.adminToken}`)).toBe(`${status} 200`);
  });
});

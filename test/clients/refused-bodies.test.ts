import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect } from "../../harness/live/server.ts";
import { sha256 } from "../../harness/live/sha256.ts";

/** Tests refused bodies over a real connection: the client gets the reason, and may send its next request on the same connection. */

const SPACE = "refused-bodies";
const REPOSITORY = `${SPACE}/web`;
const SIZE = 20_000_000;
/** Bytes of an upload; more than a few chunks. */
const LARGE = 100_000_000;
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

const WRONG = `sha256:${"0".repeat(64)}`;

const ask = (method: string, path: string): Promise<Response> =>
  fetch(new URL(path, registry.url), { method, headers: { Authorization: push } });

async function begin(): Promise<string> {
  return (await ask("POST", `/v2/${REPOSITORY}/blobs/uploads/`)).headers.get("Location") ?? "";
}

async function setQuota(bytes: number | null): Promise<void> {
  const answer = await fetch(`${registry.url}/api/v1/spaces/${SPACE}`, {
    method: "PATCH",
    headers: { Authorization: `Bearer ${registry.adminToken}` },
    body: JSON.stringify({ quota: { bytes } }),
  });
  expect(answer.status).toBe(200);
}

type Framing = "Content-Length" | "Transfer-Encoding";

interface Wish {
  readonly size?: number;
  readonly range?: string;
  /** Runs when half of the body has been sent. */
  readonly halfway?: () => Promise<unknown>;
}

/** Sends a whole request with 20 MB, then another one on the same connection. Returns the statuses of both. */
async function statusesOf(
  method: string,
  path: string,
  framing: Framing,
  authorization: string,
  { size = SIZE, range, halfway }: Wish = {},
): Promise<string> {
  const socket = openSocket(Number(port), hostname);
  open.add(socket);
  const answers = text(socket);
  const isChunked = framing === "Transfer-Encoding";
  const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${size}`;
  const authorized = authorization === "" ? "" : `Authorization: ${authorization}\r\n`;
  const placed = range === undefined ? "" : `Content-Range: ${range}\r\n`;
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${authorized}${placed}${length}\r\n\r\n`);
  let isHalfway = false;
  for (let left = size; left > 0; left -= PIECE.length) {
    if (!isHalfway && left <= size / 2) {
      isHalfway = true;
      await halfway?.();
    }
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

  describe("to an upload", () => {
    it.each([
      ["PATCH", "out of its place", `100-${LARGE + 99}`, "416"],
      ["PUT", "out of its place", `100-${LARGE + 99}`, "416"],
      ["PATCH", "that is no range", "a-b", "400"],
      ["PATCH", "with more bytes than its range", "0-9", "400"],
      ["PUT", "with more bytes than its range", "0-9", "400"],
    ])("a %s %s is answered", async (method, _name, range, status) => {
      const session = `${await begin()}${method === "PUT" ? `?digest=${WRONG}` : ""}`;
      expect(await statusesOf(method, session, framing, push, { size: LARGE, range })).toBe(`${status} 200`);
    });

    it("that has ended is answered", async () => {
      const session = await begin();
      await ask("DELETE", session);
      expect(await statusesOf("PATCH", session, framing, push, { size: LARGE })).toBe("404 200");
      const finished = `${await begin()}?digest=${sha256(new Uint8Array(0))}`;
      expect((await ask("PUT", finished)).status).toBe(201);
      expect(await statusesOf("PATCH", finished, framing, push, { size: LARGE })).toBe("404 200");
      expect(await statusesOf("PUT", finished, framing, push, { size: LARGE })).toBe("201 200");
    });

    it("that is cancelled in the midst of a chunk is answered", async () => {
      const session = await begin();
      const halfway = async (): Promise<void> => expect((await ask("DELETE", session)).status).toBe(204);
      expect(await statusesOf("PATCH", session, framing, push, { size: LARGE, halfway })).toBe("404 200");
    });

    it("is answered where the space is full, and where nobody has logged in", async () => {
      await setQuota(50_000_000);
      const session = await begin();
      expect(await statusesOf("PATCH", session, framing, "", { size: LARGE })).toBe("401 200");
      expect(await statusesOf("PATCH", session, framing, push, { size: LARGE })).toBe("403 200");
      const next = `${await begin()}?digest=${WRONG}`;
      // If no length is announced, the digest decides first.
      const status = framing === "Content-Length" ? "403 200" : "400 200";
      expect(await statusesOf("PUT", next, framing, push, { size: LARGE })).toBe(status);
      await setQuota(null);
    });
  });
});

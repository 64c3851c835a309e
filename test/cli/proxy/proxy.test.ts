import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { firstOf, startBlackHole } from "../support/black-hole.ts";
import { randomBlob } from "../support/blob.ts";
import { startProxy } from "../support/proxy.ts";
import { refuse, reply, serve } from "../support/server.ts";
import { UploadRegistry } from "../support/upload-registry.ts";

const MIB = 1024 * 1024;
const UPLOADS = "/v2/acme/web/blobs/uploads/";

let registry = new UploadRegistry();
const upstream = await serve((request, response) => registry.listener(request, response));
const proxy = await startProxy(upstream);

interface Sent {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

interface Wish {
  readonly body?: Buffer | null;
  /** Chunked transfer, as docker pushes. */
  readonly isChunked?: boolean;
  readonly headers?: Record<string, string>;
}

/** Sends a request through the proxy, with the body streamed as a client does. */
async function send(method: string, path: string, wish: Wish = {}, through = proxy): Promise<Sent> {
  const { body = null, isChunked = false, headers = {} } = wish;
  const length = isChunked ? { "transfer-encoding": "chunked" } : { "content-length": String(body?.length ?? 0) };
  const request = httpRequest({
    ...addressOf(through),
    path,
    method,
    headers: { ...length, ...headers },
    agent: false,
  });
  const sent = pipeline(Readable.from(body === null ? [] : pieces(body)), request);
  sent.catch(() => undefined);
  return answerTo(request);
}

/** Sends everything before it looks for the answer, as a blocking client does. Returns the answer's first line. */
async function sendThenListen(method: string, path: string, body: Buffer, connection: string): Promise<string> {
  const socket = connect(addressOf(proxy)).pause();
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${proxy.host}`,
    `Content-Length: ${body.length}`,
    `Connection: ${connection}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.write(body, (failure) => (failure ? reject(failure) : resolve()));
  });
  const [answer]: unknown[] = await once(socket.resume(), "data");
  socket.destroy();
  return String(answer).split("\r\n")[0] ?? "";
}

function addressOf({ host }: { readonly host: string }): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`http://${host}`);
  return { host: hostname, port: Number(port) };
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
  });
}

async function answerTo(request: ClientRequest): Promise<Sent> {
  const answer = await responseTo(request);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: (await buffer(answer)).toString() };
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
}

async function startSession(): Promise<string> {
  return (await send("POST", UPLOADS)).headers.location ?? "";
}

beforeEach(() => {
  registry = new UploadRegistry();
  proxy.state.chunkSize = MIB;
  proxy.warnings.length = 0;
});

describe.each([
  ["over the limit", MIB],
  ["under the limit", 64 * MIB],
])("a body %s that is refused", (_, chunkSize) => {
  it.each(["close", "keep-alive"])("is heard of by who sends all before it listens: %s", async (connection) => {
    proxy.state.chunkSize = chunkSize;
    registry.fault = ({ method }) => (method === "PATCH" ? { status: 401, code: "UNAUTHORIZED" } : null);
    const body = randomBlob(32 * MIB).bytes;
    expect(await sendThenListen("PATCH", await startSession(), body, connection)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe("a body over the limit", () => {
  it("of a PATCH that does not say how long it is goes on in chunks, and is answered as one", async () => {
    const blob = randomBlob(3 * MIB + 5);
    const session = await startSession();
    const patched = await send("PATCH", session, { body: blob.bytes, isChunked: true });
    expect(patched).toMatchObject({ status: 202, headers: { location: session, range: `0-${blob.size - 1}` } });
    expect(registry.of("PATCH").map(({ range, length }) => [range, length])).toEqual([
      ["0-1048575", String(MIB)],
      ["1048576-2097151", String(MIB)],
      ["2097152-3145727", String(MIB)],
      ["3145728-3145732", "5"],
    ]);
    const finished = await send("PUT", `${session}?digest=${blob.digest}`);
    expect(finished).toMatchObject({ status: 201, headers: { "docker-content-digest": blob.digest } });
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("of a PUT goes on in chunks, and ends the upload", async () => {
    const blob = randomBlob(2 * MIB + 5);
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished).toMatchObject({ status: 201, headers: { "docker-content-digest": blob.digest } });
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    expect(registry.of("PATCH")).toHaveLength(3);
  });

  it("of a POST with a digest becomes a session", async () => {
    const blob = randomBlob(2 * MIB);
    const finished = await send("POST", `${UPLOADS}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("goes on where the client says that it belongs", async () => {
    const blob = randomBlob(3 * MIB);
    const session = await startSession();
    await send("PATCH", session, { body: blob.bytes.subarray(0, 1000), headers: { "content-range": "0-999" } });
    const headers = { "content-range": `1000-${blob.size - 1}` };
    const patched = await send("PATCH", session, { body: blob.bytes.subarray(1000), headers });
    expect(patched.headers.range).toBe(`0-${blob.size - 1}`);
    await send("PUT", `${session}?digest=${blob.digest}`);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("takes no secret to the host that the registry sends an upload to", async () => {
    const secrets = { authorization: "Bearer secret", cookie: "session=secret", "x-registry-auth": "secret" };
    const blob = randomBlob(3 * MIB);
    const seen: IncomingMessage["headers"][] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.headers);
      registry.listener(request, response);
    });
    const moving = await serve((request, response) => {
      registry.sessions.set("moved", { pieces: [], size: 0 });
      seen.push(request.headers);
      reply(response, 202, { location: `${elsewhere.url}${UPLOADS}moved` });
    });
    const through = await startProxy(moving);
    const path = `${UPLOADS}?digest=${blob.digest}`;
    expect((await send("POST", path, { body: blob.bytes, headers: secrets }, through)).status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    const [asked, ...moved] = seen;
    expect(asked).toMatchObject(secrets);
    expect(moved.length).toBeGreaterThan(3);
    for (const headers of moved) {
      for (const name of Object.keys(secrets)) expect(headers).not.toHaveProperty(name);
    }
  });

  it("is added to what the session has already", async () => {
    const blob = randomBlob(3 * MIB);
    const session = await startSession();
    for (const [from, to] of [
      [0, 1000],
      [1000, blob.size],
    ] as const) {
      await send("PATCH", session, { body: blob.bytes.subarray(from, to), isChunked: true });
    }
    await send("PUT", `${session}?digest=${blob.digest}`);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("that is empty is nothing", async () => {
    const patched = await send("PATCH", await startSession(), { isChunked: true });
    expect(patched.status).toBe(202);
  });

  it("carries the client's authorization in each chunk", async () => {
    const headers = { authorization: "Bearer the-clients" };
    await send("PATCH", await startSession(), { body: randomBlob(2 * MIB).bytes, isChunked: true, headers });
    expect(new Set(registry.of("PATCH").map(({ authorization }) => authorization))).toEqual(
      new Set(["Bearer the-clients"]),
    );
  });

  it("goes on from where the registry stands when connections break in the middle of chunks", async () => {
    const blob = randomBlob(4 * MIB);
    registry.fault = ({ method }, count) =>
      method === "PATCH" && (count === 2 || count === 4) ? { cutAfter: 300_000 } : null;
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    // No byte that was acknowledged is sent again.
    const sent = registry.of("PATCH").reduce((sum, { received }) => sum + received, 0);
    expect(sent).toBe(blob.size);
  });

  it("waits for a registry that is starting anew", async () => {
    const blob = randomBlob(2 * MIB);
    registry.fault = ({ method }, count) => (method === "PATCH" && count < 3 ? { status: 503 } : null);
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
  });

  it("is cut smaller where something on the way refuses its chunks, and so are all from then on", async () => {
    const blob = randomBlob(4 * MIB);
    proxy.state.chunkSize = 4 * MIB - 1;
    registry.fault = ({ method, headers }) =>
      method === "PATCH" && Number(headers["content-length"]) > 2 * MIB
        ? { status: 413, body: "<html>too large" }
        : null;
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    expect(proxy.state.chunkSize).toBeLessThanOrEqual(2 * MIB);
  });

  it("that the registry refuses is refused with its own words and challenge", async () => {
    registry.fault = ({ method }) =>
      method === "PATCH"
        ? { status: 401, code: "UNAUTHORIZED", headers: { "www-authenticate": `Bearer realm="${upstream.url}/token"` } }
        : null;
    const refused = await send("PATCH", await startSession(), { body: randomBlob(8 * MIB).bytes, isChunked: true });
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body)).toEqual({ errors: [{ code: "UNAUTHORIZED", message: "it is UNAUTHORIZED" }] });
    expect(refused.headers["www-authenticate"]).toBe(`Bearer realm="${proxy.url}/token"`);
  });

  it("with another digest is refused as the registry refuses it", async () => {
    const path = `${await startSession()}?digest=${randomBlob(1).digest}`;
    const refused = await send("PUT", path, { body: randomBlob(2 * MIB).bytes });
    expect(refused.status).toBe(400);
    expect(refused.body).toContain("DIGEST_INVALID");
  });

  it("of a session that is gone is refused", async () => {
    const refused = await send("PATCH", `${UPLOADS}gone`, { body: randomBlob(2 * MIB).bytes, isChunked: true });
    expect(refused.status).toBe(404);
    expect(refused.body).toContain("BLOB_UPLOAD_UNKNOWN");
  });

  it("lets many uploads share its memory", async () => {
    const blobs = Array.from({ length: 12 }, () => randomBlob(2 * MIB + 7));
    const statuses = await Promise.all(
      blobs.map(
        async (blob) =>
          (await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes })).status,
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(blobs.every(({ digest, bytes }) => registry.blobs.get(digest)?.equals(bytes))).toBe(true);
  });

  it("gives its memory back when a client goes away half-way", async () => {
    const session = await startSession();
    const headers = { "content-length": String(100 * MIB) };
    const request = httpRequest({ ...addressOf(proxy), path: session, method: "PATCH", headers, agent: false });
    request.on("error", () => undefined);
    request.write(randomBlob(3 * MIB).bytes);
    await expect.poll(() => registry.of("PATCH").length).toBeGreaterThan(0);
    request.destroy();
    const pool = proxy.state.pool;
    pool.release(await pool.acquire(8, AbortSignal.timeout(10_000)));
  });
});

describe("a registry where chunks may queue", () => {
  beforeEach(() => {
    registry.startHeaders = { "spacedock-chunks": "queue" };
  });

  it("is sent the next chunk before it has acknowledged the last, and no more than that", async () => {
    const blob = randomBlob(4 * MIB);
    let seen = 0;
    registry.beforeAcknowledging = async (count) => {
      if (count > 3) return;
      await expect.poll(() => registry.of("PATCH").length).toBeGreaterThan(count);
      seen = Math.max(seen, registry.of("PATCH").length - count);
    };
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    expect(registry.of("PATCH").map(({ range }) => range)).toHaveLength(4);
    expect(seen).toBe(1);
  });

  it.each([
    { name: "the first", broken: [1] },
    { name: "one in the middle", broken: [2] },
    { name: "two that are on their way", broken: [2, 3] },
    { name: "the last", broken: [4] },
  ])("has the whole in the end where chunks break: $name", async ({ broken }) => {
    const blob = randomBlob(4 * MIB);
    registry.fault = ({ method }, count) =>
      method === "PATCH" && broken.includes(count) ? { cutAfter: 300_000 } : null;
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("has the whole in the end where it holds more than it has acknowledged", async () => {
    const blob = randomBlob(4 * MIB);
    const cutAfter = 300_000;
    // The second chunk arrives whole; its answer is lost once a part of the third is there, too.
    const lostWhen = (): Promise<unknown> => expect.poll(() => registry.of("PATCH")[2]?.received ?? 0).toBe(cutAfter);
    registry.fault = ({ method }, count) => {
      if (method !== "PATCH") return null;
      return count === 2 ? { lostWhen: async () => lostWhen() } : count === 3 ? { cutAfter } : null;
    };
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
    const sent = registry.of("PATCH").reduce((sum, { received }) => sum + received, 0);
    expect(sent).toBe(blob.size);
  });

  it("is told smaller chunks where something on the way refuses them", async () => {
    const blob = randomBlob(4 * MIB);
    proxy.state.chunkSize = 2 * MIB;
    registry.fault = ({ method, headers }) =>
      method === "PATCH" && Number(headers["content-length"]) > 1.5 * MIB ? { status: 413, body: "<html>" } : null;
    const finished = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(finished.status).toBe(201);
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("may refuse, and all memory comes back", async () => {
    registry.fault = ({ method }, count) => (method === "PATCH" && count > 1 ? { status: 403, code: "DENIED" } : null);
    const refused = await send("PATCH", await startSession(), { body: randomBlob(6 * MIB).bytes, isChunked: true });
    expect(refused.status).toBe(403);
    const { pool } = proxy.state;
    pool.release(await pool.acquire(8, AbortSignal.timeout(10_000)));
  });
});

describe("a connection that swallows an answer", () => {
  it.each([
    ["to a chunk", /^PATCH /],
    ["that ends the upload", /^PUT /],
    ["that begins it", /^POST /],
  ])("is left for another, and the client notices nothing: %s", async (_, pattern) => {
    const hole = await startBlackHole(upstream);
    const through = await startProxy(hole, { answerWithin: 250 });
    hole.fate = firstOf(pattern, "answer");
    const blob = randomBlob(2 * MIB + 5);
    const finished = await send("POST", `${UPLOADS}?digest=${blob.digest}`, { body: blob.bytes }, through);
    expect(finished).toMatchObject({ status: 201, headers: { "docker-content-digest": blob.digest } });
    expect(registry.blobs.get(blob.digest)?.equals(blob.bytes)).toBe(true);
  });

  it("of an upload that the client ends itself is found out by the blob", async () => {
    const hole = await startBlackHole(upstream);
    const through = await startProxy(hole, { answerWithin: 250 });
    const blob = randomBlob(1000);
    const session = (await send("POST", UPLOADS, {}, through)).headers.location ?? "";
    await send("PATCH", session, { body: blob.bytes }, through);
    hole.fate = firstOf(/^PUT /, "answer");
    const finished = await send("PUT", `${session}?digest=${blob.digest}`, {}, through);
    expect(finished).toMatchObject({
      status: 201,
      headers: { "docker-content-digest": blob.digest, location: `/v2/acme/web/blobs/${blob.digest}` },
    });
  });

  it("to a question is left for another", async () => {
    const hole = await startBlackHole(upstream);
    hole.fate = firstOf(/^HEAD /, "answer");
    const answer = await send("HEAD", "/v2/acme/web/blobs/none", {}, await startProxy(hole, { answerWithin: 250 }));
    expect(answer.status).toBe(404);
    expect(hole.lines).toHaveLength(2);
  });
});

describe("what is under the limit", () => {
  it("passes as it is", async () => {
    const blob = randomBlob(MIB);
    const session = await startSession();
    expect((await send("PATCH", session, { body: blob.bytes })).status).toBe(202);
    expect((await send("PUT", `${session}?digest=${blob.digest}`)).status).toBe(201);
    expect(registry.seen.map(({ method, range, length }) => [method, range, length])).toEqual([
      ["POST", null, "0"],
      ["PATCH", null, String(MIB)],
      ["PUT", null, "0"],
    ]);
  });

  it("is cut the next time where it was too large all the same", async () => {
    const blob = randomBlob(MIB);
    const page = "<html>413 Request Entity Too Large</html>";
    registry.fault = ({ headers }) =>
      Number(headers["content-length"]) > 600_000 ? { status: 413, body: page } : null;
    const first = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(first).toMatchObject({ status: 413, body: page });
    const second = await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    expect(second.status).toBe(201);
    expect(proxy.warnings).toHaveLength(1);
  });
});

describe("a body that is refused before its end", () => {
  it.each([
    { name: "passing as it is", chunkSize: 90 * MIB },
    { name: "cut into chunks", chunkSize: MIB },
  ])("has its answer: $name", async ({ chunkSize }) => {
    const other = await serve((_, response) => refuse(response, 401, "UNAUTHORIZED"));
    const through = await startProxy(other, { chunkSize });
    const refused = await send(
      "PUT",
      "/v2/a/blobs/uploads/1?digest=sha256:1",
      { body: randomBlob(40 * MIB).bytes },
      through,
    );
    expect(refused.status).toBe(401);
    expect(refused.body).toContain("UNAUTHORIZED");
  });
});

describe("everything else", () => {
  it("passes in both directions, to the byte", async () => {
    const seen: { url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
    const content = randomBlob(300_000).bytes;
    const other = await serve(async (request, response) => {
      seen.push({ url: request.url ?? "", headers: request.headers, body: (await buffer(request)).toString() });
      response.writeHead(206, { "content-range": "bytes 1-300000/400000", "content-type": "application/x-thing" });
      response.end(content);
    });
    const through = await startProxy(other);
    const headers = { range: "bytes=1-300000", authorization: "Basic eDp5", accept: "a/b, c/d" };
    const request = httpRequest({
      ...addressOf(through),
      path: "/v2/a/blobs/sha256:1?x=%2F&y=a+b",
      headers,
      agent: false,
    }).end();
    const answer = await responseTo(request);
    expect((await buffer(answer)).equals(content)).toBe(true);
    expect(answer.statusCode).toBe(206);
    expect(answer.headers).toMatchObject({
      "content-range": "bytes 1-300000/400000",
      "content-type": "application/x-thing",
    });
    expect(seen[0]?.url).toBe("/v2/a/blobs/sha256:1?x=%2F&y=a+b");
    expect(seen[0]?.headers).toMatchObject({ ...headers, host: other.host });
    const put = await send(
      "PUT",
      "/v2/a/manifests/1",
      { body: Buffer.from("{}"), headers: { "content-type": "x/y" } },
      through,
    );
    expect(put.status).toBe(206);
    expect(seen[1]).toMatchObject({ body: "{}", headers: { "content-type": "x/y", "content-length": "2" } });
  });

  it("keeps the length of what is only looked at", async () => {
    const other = await serve((_, response) => reply(response, 200, { "content-length": "12345" }));
    const answer = await send("HEAD", "/v2/a/manifests/1", {}, await startProxy(other));
    expect(answer).toMatchObject({ status: 200, headers: { "content-length": "12345" }, body: "" });
  });

  it("leads back through the proxy", async () => {
    const other = await serve((request, response) =>
      refuse(response, 401, "UNAUTHORIZED", {
        "www-authenticate": `Bearer realm="http://${request.headers.host}/token",service="${request.headers.host}"`,
      }),
    );
    const through = await startProxy(other);
    const { headers } = await send("GET", "/v2/", {}, through);
    expect(headers["www-authenticate"]).toBe(`Bearer realm="${through.url}/token",service="${other.host}"`);
  });

  it("is broken off where the registry breaks off, so that clients notice", async () => {
    const other = await serve((_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("half", () => setImmediate(() => response.destroy()));
    });
    await expect(send("GET", "/v2/a/blobs/sha256:1", {}, await startProxy(other))).rejects.toThrow(/aborted|hang up/);
  });

  it("is answered in the specification's form where the registry is not there", async () => {
    const nowhere = await startProxy({ host: "127.0.0.1:1", url: "" }, { patience: 100 });
    const answer = await send("GET", "/v2/", {}, nowhere);
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ message: expect.stringContaining("cannot reach") }] });
    expect(nowhere.warnings).toHaveLength(1);
  });

  it("is tried again where a connection broke before the answer", async () => {
    let count = 0;
    const other = await serve((request, response) => {
      count += 1;
      if (count === 1) request.socket.destroy();
      else reply(response, 200, {}, "there");
    });
    expect(await send("GET", "/v2/", {}, await startProxy(other))).toMatchObject({ status: 200, body: "there" });
  });

  it("goes to no other host, whatever is asked for", async () => {
    const seen: string[] = [];
    const other = await serve((request, response) => {
      seen.push(`${request.headers.host}${request.url}`);
      reply(response, 200);
    });
    const through = await startProxy(other);
    await send("GET", "//elsewhere.test/v2/", {}, through);
    const absolute = httpRequest({ ...addressOf(through), path: "http://elsewhere.test/v2/", agent: false });
    expect((await answerTo(absolute.end())).status).toBe(400);
    expect(seen).toEqual([`${other.host}//elsewhere.test/v2/`]);
  });

  it("is told to the log", async () => {
    const blob = randomBlob(2 * MIB);
    await send("PUT", `${await startSession()}?digest=${blob.digest}`, { body: blob.bytes });
    await expect.poll(() => proxy.log.at(-1)).toMatchObject({ method: "PUT", status: 201, chunks: 2 });
  });
});

import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { CALL_KINDS } from "../../harness/bindings/plans.ts";
import { REQUEST_HEADER, TRACE_PATH } from "../../bench/edge/wrapper/protocol.ts";
import { makeEdge } from "../../bench/edge/wrapper/worker.ts";
import type { Env } from "../../src/env.ts";
import { UploadSession, type UploadEnv } from "../../src/storage/uploads/upload-session.ts";
import worker from "../../src/worker.ts";
import { digestOf, newBytes, OCI_MANIFEST } from "../support/content.ts";
import { nextSpace, ORIGIN } from "../support/registry.ts";
import { streamOf } from "../support/upload.ts";

const BINDINGS = { BLOBS: "r2", DB: "d1", UPLOADS: "durableObject", EVENTS: "queue" } as const;
const DELAYS = { cache: 1, r2: 2, d1Primary: 3, d1Replica: 4, durableObject: 5, queue: 6, kv: 7 };

/** Milliseconds for which the wrapper would have waited. */
const waited: number[] = [];
const edge = makeEdge(BINDINGS, DELAYS, async (ms) => {
  waited.push(ms);
});
const wrapped = edge.worker<Env, typeof worker>(worker);
const { space, as } = await nextSpace("edge");
const root = `/v2/${space}/app`;

class EdgeSession extends UploadSession {
  constructor(context: DurableObjectState, bindings: UploadEnv) {
    super(context, edge.objectEnv(context, bindings));
  }
}

interface Wish {
  readonly name?: string;
  readonly type?: string;
  readonly body?: BodyInit;
}

function send(method: string, path: string, { name = "", type, body }: Wish = {}): Promise<Response> {
  const headers = new Headers({ Authorization: `Basic ${btoa(`u:${as}`)}`, [REQUEST_HEADER]: name });
  if (type !== undefined) headers.set("Content-Type", type);
  if (body instanceof Uint8Array) headers.set("Content-Length", String(body.length));
  const url = new URL(path, ORIGIN);
  const request = new Request<unknown, IncomingRequestCfProperties>(url, { method, headers, body: body ?? null });
  return wrapped.fetch(request, env, createExecutionContext());
}

const byNumber = (a: number, b: number): number => a - b;

const traceAnswer = z.array(
  z.object({
    request: z.string(),
    answered: z.number().nullable(),
    calls: z.array(z.object({ kind: z.enum(CALL_KINDS), name: z.string(), delay: z.number() })),
  }),
);

/** Returns the names of the calls that a request of this name made, and checks that each was as late as its kind says. */
async function callsOf(name: string): Promise<readonly string[]> {
  const trace = traceAnswer.parse(await (await send("GET", TRACE_PATH)).json());
  const calls = trace.filter(({ request }) => request === name).flatMap((one) => one.calls);
  expect(calls.map(({ delay }) => delay)).toEqual(calls.map(({ kind }) => DELAYS[kind]));
  const delays = trace.flatMap((one) => one.calls.map(({ delay }) => delay));
  expect(delays.toSorted(byNumber)).toEqual(waited.toSorted(byNumber));
  waited.length = 0;
  return calls.map((call) => call.name);
}

const locationOf = (answer: Response): string => answer.headers.get("Location") ?? "";

describe("a Worker at the simulated edge", () => {
  it("takes an image by PUT and by PATCH, and gives it back, as it does without", async () => {
    const [config, layer] = [newBytes(), newBytes()];
    const [configDigest, layerDigest] = [await digestOf(config), await digestOf(layer)];

    const first = locationOf(await send("POST", `${root}/blobs/uploads/`));
    await callsOf("");
    const put = await send("PUT", `${first}?digest=${configDigest}`, { name: "put", body: config });
    expect(put.status).toBe(201);
    expect(await callsOf("put")).toEqual(expect.arrayContaining(["R2 put", "D1 batch"]));

    const second = locationOf(await send("POST", `${root}/blobs/uploads/`));
    const patch = await send("PATCH", second, { name: "patch", body: streamOf([layer]) });
    expect(patch.status).toBe(202);
    expect(await callsOf("patch")).toContain("Durable Object append");
    const finished = await send("PUT", `${locationOf(patch)}?digest=${layerDigest}`, { name: "finish" });
    expect(finished.status).toBe(201);
    expect(await callsOf("finish")).toEqual(expect.arrayContaining(["Durable Object finish", "D1 batch"]));

    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: configDigest, size: config.length },
      layers: [{ mediaType: "application/octet-stream", digest: layerDigest, size: layer.length }],
    });
    const tagged = await send("PUT", `${root}/manifests/v1`, { name: "tag", type: OCI_MANIFEST, body: manifest });
    expect(tagged.status).toBe(201);
    // It comes after the answer, but is counted.
    expect(await callsOf("tag")).toContain("Queue sendBatch");

    expect(await (await send("GET", `${root}/manifests/v1`, { name: "manifest" })).text()).toBe(manifest);
    expect((await callsOf("manifest")).filter((name) => name.startsWith("D1"))).not.toEqual([]);
    const pulled = await send("GET", `${root}/blobs/${layerDigest}`, { name: "blob" });
    expect(await pulled.bytes()).toEqual(layer);
    expect(await callsOf("blob")).toContain("R2 get");
  });

  it("gives the calls of a Durable Object to the request that called it", async () => {
    const [bytes, id] = [newBytes(), "of-the-edge"];
    const caller = edge.worker({
      async fetch(_: Request, { UPLOADS }: Pick<Env, "UPLOADS">): Promise<Response> {
        return Response.json(await UPLOADS.getByName(id).status());
      },
    });
    const request = new Request(ORIGIN, { headers: { [REQUEST_HEADER]: "caller" } });
    expect(await (await caller.fetch(request, env, createExecutionContext())).json()).toBe(0);
    // The object's own class is not wrapped here; a wrapped one works in its place.
    await runInDurableObject(env.UPLOADS.getByName(id), async (_, state) => {
      const empty = { id, spaceId: 1, repositoryId: null, algorithm: "sha256", room: null } as const;
      const terms = { ...empty, expiresAt: Date.now() + 60_000, confirmedAt: Date.now() };
      const session = new EdgeSession(state, env);
      const finished = await session.finish(terms, streamOf([bytes]), null, await digestOf(bytes));
      expect(finished).toMatchObject({ ok: true, size: bytes.length });
    });
    expect(await callsOf("caller")).toEqual(["Durable Object status", "R2 put"]);
  });
});

describe("calls of other kinds", () => {
  it("are reads that a replica may answer, within a session, and writes that the primary has to", async () => {
    const made = edge.worker({
      async fetch(_: Request, { DB }: Pick<Env, "DB">): Promise<Response> {
        const session = DB.withSession("first-primary");
        const tags = session.prepare("SELECT COUNT(*) AS n FROM tags");
        await tags.first();
        await session.batch([tags, tags.bind()]);
        await session.batch([tags, session.prepare("DELETE FROM tags WHERE 1 = 0")]);
        await DB.withSession().prepare("SELECT 1 AS n").first();
        await DB.prepare("SELECT 1 AS n").all();
        return new Response();
      },
    });
    waited.length = 0;
    await made.fetch(new Request(ORIGIN), env, createExecutionContext());
    expect(waited).toEqual([3, 4, 3, 4, 3]);
    await callsOf("");
  });

  it("are those of the cache, whichever it is", async () => {
    const wrappedCaches = edge.caches(caches);
    const key = "https://edge.test/object";
    await wrappedCaches.default.put(key, new Response("kept", { headers: { "Cache-Control": "max-age=60" } }));
    expect(await (await wrappedCaches.default.match(new Request(key)))?.text()).toBe("kept");
    const named = await wrappedCaches.open("named");
    expect(await named.match(key)).toBeUndefined();
    expect(await callsOf("")).toEqual(["cache put", "cache match", "cache match"]);
  });
});

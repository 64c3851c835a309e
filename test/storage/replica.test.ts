/** Tests reads from a replica of the database that lags behind the primary, or is broken. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { bearerOf } from "../support/bearer.ts";
import { digestOf, newBytes, pushBlob, pushImage } from "../support/content.ts";
import { keyOf } from "../support/damage.ts";
import { ask, makeToken, manage, nextSpace, ORIGIN } from "../support/registry.ts";

/** The replicas: one from before there was anything, and one that cannot be asked. */
const REPLICAS = {
  "knows of nothing": (statements: readonly unknown[]) =>
    Promise.resolve(statements.map(() => ({ success: true, meta: {}, results: [] }))),
  fails: () => Promise.reject(new Error("D1_ERROR: the replica is gone")),
} as const;

let asked = 0;

/** Returns the bindings with a replica of this kind. */
function replicaThat(kind: keyof typeof REPLICAS): Env {
  const answer = REPLICAS[kind];
  const note = (statements: readonly unknown[]): ReturnType<typeof answer> => {
    asked += 1;
    return answer(statements);
  };
  const statement = { bind: () => statement, all: async () => (await note([null]))[0] };
  return withReplica({ prepare: () => statement, batch: note });
}

/** Makes a replica that repeats its first answers. */
function standingStill(): Env {
  const told = new Map<string, Promise<D1Result>>();
  const tell = (statement: Told): Promise<D1Result> => {
    asked += 1;
    const answer = told.get(statement.key) ?? statement.real.all();
    told.set(statement.key, answer);
    return answer;
  };
  const toldBy = (sql: string, values: readonly unknown[]): Told => ({
    // Leaves out the time of the question.
    key: JSON.stringify([sql, values.filter((value) => !(typeof value === "number" && value > 1e9))]),
    real: env.DB.prepare(sql).bind(...values),
    bind: (...given) => toldBy(sql, given),
    all: () => tell(toldBy(sql, values)),
  });
  return withReplica({
    prepare: (sql: string) => toldBy(sql, []),
    batch: (statements: readonly Told[]) => Promise.all(statements.map(tell)),
  });
}

interface Told {
  readonly key: string;
  readonly real: D1PreparedStatement;
  readonly bind: (...values: readonly unknown[]) => Told;
  readonly all: () => Promise<D1Result>;
}

function withReplica(session: object): Env {
  const DB = new Proxy(env.DB, {
    get(target, property) {
      if (property === "withSession") return () => session;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...env, DB, READ_MEMORY_SECONDS: "60", CACHE_MB: "0" };
}

async function send(bindings: Env, path: string, authorization: string): Promise<Response> {
  const context = createExecutionContext();
  const headers = { Authorization: authorization };
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, ORIGIN), { headers });
  const answer = await worker.fetch(request, bindings, context);
  const bytes = await answer.arrayBuffer();
  await waitOnExecutionContext(context);
  return new Response(bytes, answer);
}

let space = "";
let as = "";
let web = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("replica"));
  web = `${space}/web`;
  asked = 0;
});

describe.each(["knows of nothing", "fails"] as const)("a replica that %s", (kind) => {
  it("hides neither a blob nor a manifest", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const image = await pushImage(web, as, "latest");
    const token = `Bearer ${await bearerOf(as, `repository:${web}:pull`)}`;
    for (const path of [`blobs/${digest}`, `manifests/${image.digest}`]) {
      const answer = await send(replicaThat(kind), `/v2/${web}/${path}`, token);
      expect(await digestOf(await answer.bytes())).toBe(path.split("/")[1]);
    }
    expect(asked).toBe(2);
  });

  it("keeps nobody from a token who just got a credential, nor from a repository that is new", async () => {
    await pushBlob(web, as, newBytes());
    const path = `/token?scope=repository:${web}:pull`;
    const basic = `Basic ${btoa(`ci:${(await makeToken(space, { actions: ["pull"] })).token}`)}`;
    const answer = await send(replicaThat(kind), path, basic);
    const { token } = await answer.json<{ token: string }>();
    expect((await send({ ...env }, `/v2/${web}/tags/list`, `Bearer ${token}`)).status).toBe(200);
    expect(JSON.parse(atob(token.split(".")[1] ?? ""))).toMatchObject({ access: [{ repository: expect.any(Number) }] });
    expect(asked).toBe(2);
  });
});

const pulling = async (credential: string): Promise<string> =>
  `Bearer ${await bearerOf(credential, `repository:${web}:pull`)}`;

/** Asks for something so that the replica knows it; nothing else remembers it. */
async function letKnow(bindings: Env, path: string, authorization: string): Promise<void> {
  const put = vi.spyOn(caches.default, "put").mockResolvedValue();
  expect((await send(bindings, path, authorization)).status).toBe(200);
  put.mockRestore();
  expect(asked).toBeGreaterThan(0);
  asked = 0;
}

describe("a replica that lags", () => {
  it("gives whose credential was revoked a token that is good for nothing", async () => {
    const bindings = standingStill();
    await pushImage(web, as, "latest");
    const credential = await makeToken(space, { actions: ["pull"] });
    const path = `/token?scope=repository:${web}:pull`;
    const basic = `Basic ${btoa(`ci:${credential.token}`)}`;
    await letKnow(bindings, path, basic);
    await manage("DELETE", `spaces/${space}/tokens/${credential.id}`);
    const answer = await send(bindings, path, basic);
    expect([answer.status, asked]).toEqual([200, 2]);
    const { token } = await answer.json<{ token: string }>();
    expect((await send(bindings, `/v2/${web}/manifests/latest`, `Bearer ${token}`)).status).toBe(401);
  });

  it("lets a blob be pulled that was deleted, as what is remembered does, until its bytes are gone: then it is not there", async () => {
    const bindings = standingStill();
    const { digest } = await pushBlob(web, as, newBytes());
    const token = await pulling(as);
    const path = `/v2/${web}/blobs/${digest}`;
    await letKnow(bindings, path, token);
    await ask(path, { method: "DELETE", as });
    expect((await send(bindings, path, token)).status).toBe(200);
    const key = await keyOf(digest);
    await env.BLOBS.delete(key);
    expect((await send(bindings, path, token)).status).toBe(404);
    expect(asked).toBe(2);
  });

  it("does not move a tag back", async () => {
    const bindings = standingStill();
    const token = await pulling(as);
    for (const seed of [1, 2]) {
      const { digest } = await pushImage(web, as, "latest", seed);
      const answer = await send(bindings, `/v2/${web}/manifests/latest`, token);
      expect(answer.headers.get("Docker-Content-Digest"), `push ${seed}`).toBe(digest);
    }
  });
});

describe("what must tell what is so now", () => {
  it("asks the primary: tags, and looks before a push", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const image = await pushImage(web, as, "latest");
    const token = `Bearer ${await bearerOf(as, `repository:${web}:pull`)}`;
    const bindings = replicaThat("fails");
    for (const path of ["manifests/latest", `manifests/${image.digest}`, `blobs/${digest}`]) {
      const context = createExecutionContext();
      const request = new Request<unknown, IncomingRequestCfProperties>(`${ORIGIN}/v2/${web}/${path}`, {
        method: "HEAD",
        headers: { Authorization: token },
      });
      expect((await worker.fetch(request, bindings, context)).status).toBe(200);
      await waitOnExecutionContext(context);
    }
    expect((await send(bindings, `/v2/${web}/manifests/latest`, token)).status).toBe(200);
    expect(asked).toBe(0);
  });

  it("does not use replicas at all where nothing is to be remembered", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const bindings = { ...replicaThat("fails"), READ_MEMORY_SECONDS: "0" };
    const credential = await makeToken(space, { actions: ["pull"] });
    const token = `Bearer ${await bearerOf(credential.token, `repository:${web}:pull`)}`;
    expect((await send(bindings, `/v2/${web}/blobs/${digest}`, token)).status).toBe(200);
    await manage("DELETE", `spaces/${space}/tokens/${credential.id}`);
    expect((await send(bindings, `/v2/${web}/blobs/${digest}`, token)).status).toBe(401);
    expect(asked).toBe(0);
  });
});

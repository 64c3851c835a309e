/** Reads by a copy of the database that may be behind the primary, or broken. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { bearerOf } from "../support/bearer.ts";
import { digestOf, newBytes, pushBlob, pushImage } from "../support/content.ts";
import { makeToken, manage, nextSpace, ORIGIN } from "../support/registry.ts";

/** What a copy answers: nothing was there yet when it was made, or it cannot be asked. */
const COPIES = {
  "knows of nothing": (statements: readonly unknown[]) =>
    Promise.resolve(statements.map(() => ({ success: true, meta: {}, results: [] }))),
  fails: () => Promise.reject(new Error("D1_ERROR: the replica is gone")),
} as const;

let asked = 0;

/** The bindings, with a copy near that does as it is told. */
function behind(kind: keyof typeof COPIES): Env {
  const answer = COPIES[kind];
  const note = (statements: readonly unknown[]): ReturnType<typeof answer> => {
    asked += 1;
    return answer(statements);
  };
  const statement = { bind: () => statement, all: async () => (await note([null]))[0] };
  const session = { prepare: () => statement, batch: note };
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
  ({ space, as } = await nextSpace("near"));
  web = `${space}/web`;
  asked = 0;
});

describe.each(["knows of nothing", "fails"] as const)("a copy that %s", (kind) => {
  it("hides neither a blob nor a manifest", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const image = await pushImage(web, as, "latest");
    const token = `Bearer ${await bearerOf(as, `repository:${web}:pull`)}`;
    for (const path of [`blobs/${digest}`, `manifests/${image.digest}`]) {
      const answer = await send(behind(kind), `/v2/${web}/${path}`, token);
      expect(await digestOf(await answer.bytes())).toBe(path.split("/")[1]);
    }
    expect(asked).toBe(2);
  });

  it("keeps nobody from a token who just got a credential, nor from a repository that is new", async () => {
    await pushBlob(web, as, newBytes());
    const path = `/token?scope=repository:${web}:pull`;
    const basic = `Basic ${btoa(`ci:${(await makeToken(space, { actions: ["pull"] })).token}`)}`;
    const answer = await send(behind(kind), path, basic);
    const { token } = await answer.json<{ token: string }>();
    expect((await send({ ...env }, `/v2/${web}/tags/list`, `Bearer ${token}`)).status).toBe(200);
    expect(JSON.parse(atob(token.split(".")[1] ?? ""))).toMatchObject({ access: [{ repository: expect.any(Number) }] });
    expect(asked).toBe(2);
  });
});

describe("what must tell what is so now", () => {
  it("asks the primary: tags, and looks before a push", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const image = await pushImage(web, as, "latest");
    const token = `Bearer ${await bearerOf(as, `repository:${web}:pull`)}`;
    const bindings = behind("fails");
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

  it("does not use copies at all where nothing is to be remembered", async () => {
    const { digest } = await pushBlob(web, as, newBytes());
    const bindings = { ...behind("fails"), READ_MEMORY_SECONDS: "0" };
    const credential = await makeToken(space, { actions: ["pull"] });
    const token = `Bearer ${await bearerOf(credential.token, `repository:${web}:pull`)}`;
    expect((await send(bindings, `/v2/${web}/blobs/${digest}`, token)).status).toBe(200);
    await manage("DELETE", `spaces/${space}/tokens/${credential.id}`);
    expect((await send(bindings, `/v2/${web}/blobs/${digest}`, token)).status).toBe(401);
    expect(asked).toBe(0);
  });
});

/** Tests what pulls may take from the cache of the data centre, and what they must not. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { requireDigest } from "../../src/oci/digest.ts";
import { forgettingQuarantine } from "../../src/storage/cache/forgetting.ts";
import worker from "../../src/worker.ts";
import { bearerOf } from "../support/bearer.ts";
import {
  digestOf,
  imageText,
  newBytes,
  newSeed,
  padded,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { setCaching } from "../support/caching.ts";
import { countCalls, countedEnv } from "../support/counting.ts";
import { HARM, keyOf, SCRUB, scrubAll } from "../support/damage.ts";
import { ask, errorOf, makeToken, manage, nextSpace, ORIGIN } from "../support/registry.ts";

beforeAll(() => setCaching(true));
afterAll(() => setCaching(false));

let space = "";
let as = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("cached"));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const web = (): string => `${space}/web`;

/** Gets a token for the repository. It names the repository's id, so the repository must be there. */
const pullToken = (secret: string | null = as, name = web()): Promise<string> =>
  bearerOf(secret, `repository:${name}:pull`);

interface Wish {
  readonly method?: string;
  readonly range?: string;
}

function get(token: string, path: string, { method = "GET", range }: Wish = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, ...(range !== undefined && { Range: range }) };
  return ask(`/v2/${web()}/${path}`, { method, headers });
}

/** Reads the whole answer and returns its digest, or the status. */
async function read(token: string, path: string, wish?: Wish): Promise<string> {
  const answer = await get(token, path, wish);
  const bytes = await answer.bytes();
  return answer.ok ? digestOf(bytes) : String(answer.status);
}

/** Reads the whole answer from a Worker with these bindings, and waits for the work after it. Returns the digest or the error. */
async function getFrom(bindings: Env, token: string, path: string): Promise<string> {
  const context = createExecutionContext();
  const headers = { Authorization: `Bearer ${token}` };
  const request = new Request<unknown, IncomingRequestCfProperties>(`${ORIGIN}/v2/${web()}/${path}`, { headers });
  const answer = await worker.fetch(request, bindings, context);
  const digest = answer.ok ? await digestOf(await answer.bytes()) : await errorOf(answer);
  await waitOnExecutionContext(context);
  return digest;
}

/** Returns the names of the calls to stores, including those of the work after the answer. */
async function callsOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  return (await countCalls(async () => void (await act()))).map(({ name }) => name);
}

function addressOf(request: RequestInfo | URL): string {
  return request instanceof Request ? request.url : String(request);
}

async function warm(token: string, path: string, wish?: Wish): Promise<void> {
  await countCalls(async () => void (await read(token, path, wish)));
}

describe("a pull that comes again", () => {
  it("asks no store for what is addressed by digest, and the database once for the tag", async () => {
    const layer = await pushBlob(web(), as, newBytes());
    const image = await pushImage(web(), as, "latest", newSeed(), { layers: [layer] });
    const token = await pullToken();
    const pull = async (): Promise<void> => {
      await get(token, "manifests/latest", { method: "HEAD" });
      expect(await read(token, `manifests/${image.digest}`)).toBe(image.digest);
      expect(await read(token, `blobs/${layer.digest}`)).toBe(layer.digest);
    };
    await callsOf(pull);
    expect(await callsOf(pull)).toEqual(["D1 batch"]);
  });

  it("asks nothing more for another credential, once that has been confirmed", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const image = await pushImage(web(), as, "latest");
    await warm(await pullToken(), `blobs/${digest}`);
    const token = await pullToken((await makeToken(space, { actions: ["pull"] })).token);
    expect(await callsOf(() => read(token, `blobs/${digest}`))).toEqual(["D1 batch"]);
    await warm(await pullToken(), `manifests/${image.digest}`);
    expect(await callsOf(() => read(token, `manifests/${image.digest}`))).toEqual([]);
  });

  it("finds the tag's new image at once", async () => {
    const token = await pullToken(as, web());
    await pushImage(web(), as, "latest", newSeed());
    await warm(token, "manifests/latest");
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    expect(await read(token, "manifests/latest")).toBe(digest);
  });

  it("has a long manifest from there too", async () => {
    const text = padded(await imageText(web(), as, newSeed()), 1_000_000);
    expect((await putManifest(web(), as, "latest", text)).status).toBe(201);
    const token = await pullToken();
    const path = `manifests/${await digestOf(text)}`;
    await warm(token, path);
    expect(await callsOf(() => read(token, path))).toEqual([]);
    expect(await read(token, path)).toBe(await digestOf(text));
  });

  it("asks the database with HEAD, which must tell what is there now", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken();
    await warm(token, `blobs/${digest}`);
    expect(await callsOf(() => read(token, `blobs/${digest}`, { method: "HEAD" }))).toEqual(["D1 batch"]);
  });
});

describe("parts of a blob", () => {
  it.each(["bytes=0-0", "bytes=10-499", "bytes=900-", "bytes=-7", "bytes=0-9,500-509", "bytes=700-709,0-9"])(
    "are the same from the cache as from the bucket: %s",
    async (range) => {
      const bytes = newBytes();
      const { digest } = await pushBlob(web(), as, bytes);
      const token = await pullToken();
      const parts = async (): Promise<readonly unknown[]> => {
        const answer = await get(token, `blobs/${digest}`, { range });
        const boundary = /boundary=([\w-]+)/.exec(answer.headers.get("Content-Type") ?? "")?.[1] ?? "-";
        return [answer.status, answer.headers.get("Content-Range"), (await answer.text()).replaceAll(boundary, "")];
      };
      const first: unknown[] = [];
      await countCalls(async () => void first.push(await parts()));
      const again: unknown[] = [];
      expect(await callsOf(async () => again.push(await parts()))).toEqual([]);
      expect(again).toEqual(first);
    },
  );

  it("bring the whole into the cache", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken();
    await warm(token, `blobs/${digest}`, { range: "bytes=5-9" });
    expect(await callsOf(() => read(token, `blobs/${digest}`))).toEqual([]);
    expect(await read(token, `blobs/${digest}`)).toBe(digest);
  });
});

describe("a blob that many miss at once", () => {
  it.each([1000, 9 * 1024 * 1024])("is put into the cache by one of them: %i bytes", async (size) => {
    const { digest } = await pushBlob(web(), as, newBytes(size));
    const token = await pullToken();
    const put = vi.spyOn(caches.default, "put");
    await countCalls(async () => {
      const digests = await Promise.all(Array.from({ length: 5 }, () => read(token, `blobs/${digest}`)));
      expect(new Set(digests)).toEqual(new Set([digest]));
    });
    const key = await keyOf(digest);
    expect(put.mock.calls.filter(([address]) => addressOf(address).endsWith(`/${key}`))).toHaveLength(1);
    expect(await callsOf(() => read(token, `blobs/${digest}`))).toEqual([]);
  });
});

describe("a blob that many miss at once, and that is short", () => {
  it("is fetched from the bucket once", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken();
    const names = await callsOf(() => Promise.all(Array.from({ length: 5 }, () => read(token, `blobs/${digest}`))));
    expect(names.filter((name) => name === "R2 get")).toHaveLength(1);
  });

  it("is fetched by others too where the first client does not read on", async () => {
    const { digest } = await pushBlob(web(), as, newBytes(1_000_000));
    const token = await pullToken();
    const unread = await get(token, `blobs/${digest}`);
    expect(await read(token, `blobs/${digest}`)).toBe(digest);
    expect(await digestOf(await unread.bytes())).toBe(digest);
  });
});

/** Returns the manifest's digest, that of a short layer, and that of a longer one. */
async function pushTwoLayers(): Promise<readonly string[]> {
  const layers = [await pushBlob(web(), as, newBytes()), await pushBlob(web(), as, newBytes(2_000_000))];
  const { digest } = await pushImage(web(), as, "latest", newSeed(), { layers });
  return [digest, ...layers.map((layer) => layer.digest)];
}
const blobsOf = (digests: readonly string[]): readonly string[] => digests.map((digest) => `blobs/${digest}`);

describe("a pull of a manifest", () => {
  it.each([
    ["GET", "tag"],
    ["GET", "digest"],
    ["HEAD", "tag"],
    ["HEAD", "digest"],
  ])("brings its blobs to the cache: %s by its %s", async (method, by) => {
    const [digest, ...layers] = await pushTwoLayers();
    const token = await pullToken();
    const reference = by === "tag" ? "latest" : digest;
    const names = await callsOf(() => get(token, `manifests/${reference}`, { method }));
    expect(names.filter((name) => name === "R2 get")).toHaveLength(3);
    for (const path of blobsOf(layers)) expect(await callsOf(() => read(token, path))).toEqual([]);
    for (const path of blobsOf(layers)) expect(`blobs/${await read(token, path)}`).toBe(path);
  });

  it("that comes again stores nothing again", async () => {
    await pushTwoLayers();
    const token = await pullToken();
    await warm(token, "manifests/latest");
    const put = vi.spyOn(caches.default, "put");
    const match = vi.spyOn(caches.default, "match");
    await warm(token, "manifests/latest");
    expect(put).not.toHaveBeenCalled();
    expect(match).not.toHaveBeenCalled();
  });

  it("brings no more than so much", async () => {
    const [, short, long] = await pushTwoLayers();
    const token = await pullToken();
    const few = { ...countedEnv(env), READ_MEMORY_SECONDS: "60", CACHE_MB: "512", WARM_MB: "1" };
    await countCalls(async () => void (await getFrom(few, token, "manifests/latest")));
    expect(await callsOf(() => read(token, `blobs/${short}`))).toEqual([]);
    expect(await callsOf(() => read(token, `blobs/${long}`))).toEqual(["R2 get"]);
  });

  it("brings nothing that is damaged", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    const [, short = "", long = ""] = await pushTwoLayers();
    await HARM["no object"](await keyOf(requireDigest(short)));
    const token = await pullToken();
    await warm(token, "manifests/latest");
    expect(await read(token, `blobs/${long}`)).toBe(long);
    expect(await read(token, `blobs/${short}`)).toBe("404");
  });
});

describe("what is cached", () => {
  it("is read by nobody who may not: another space, a credential for other repositories, anybody", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const image = await pushImage(web(), as, "latest");
    const token = await pullToken();
    for (const path of [`blobs/${digest}`, `manifests/${image.digest}`]) {
      await warm(token, path);
      const stranger = await nextSpace("stranger");
      await pushBlob(`${stranger.space}/web`, stranger.as, newBytes());
      const elsewhere = await pullToken(stranger.as, `${stranger.space}/web`);
      const other = await makeToken(space, { repositories: ["other/**"] });
      expect(await read(elsewhere, path)).toBe("401");
      expect(await read(await pullToken(other.token), path)).toBe("401");
      expect((await ask(`/v2/${web()}/${path}`)).status).toBe(401);
      const own = await ask(`/v2/${stranger.space}/web/${path}`, { headers: { Authorization: `Bearer ${elsewhere}` } });
      expect(own.status).toBe(404);
    }
  });

  it("is not what another repository of the space has", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    await pushBlob(`${space}/api`, as, newBytes());
    await warm(await pullToken(), `blobs/${digest}`);
    const token = await pullToken(as, `${space}/api`);
    const path = `/v2/${space}/api/blobs/${digest}`;
    expect((await ask(path, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(404);
  });

  it("is not read once it was deleted here", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const image = await pushImage(web(), as, "latest");
    const token = await pullToken();
    for (const path of [`blobs/${digest}`, `manifests/${image.digest}`]) {
      await warm(token, path);
      expect((await ask(`/v2/${web()}/${path}`, { method: "DELETE", as })).status).toBe(202);
      expect(await read(token, path)).toBe("404");
    }
  });

  it("is not read in a repository that was made anew, nor with the old one's token", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const before = await pullToken();
    await warm(before, `blobs/${digest}`);
    await manage("DELETE", `spaces/${space}/repositories/web`);
    await pushBlob(web(), as, newBytes());
    expect(await read(await pullToken(), `blobs/${digest}`)).toBe("404");
    expect(await read(await pullToken(), `blobs/${digest}`)).toBe("404");
  });

  it("may be read where the bucket has lost it", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken();
    await warm(token, `blobs/${digest}`);
    await HARM["no object"](await keyOf(digest));
    expect(await read(token, `blobs/${digest}`)).toBe(digest);
  });
});

const scrubbed = (): Promise<unknown> =>
  scrubAll({
    ...SCRUB,
    quarantine: forgettingQuarantine(SCRUB.quarantine, caches.default),
  });

/** Drops the copies of the bytes, so that memory leads to the bucket. */
const dropCopy = async (key: string): Promise<void> =>
  void (await caches.default.delete(`https://cache.spacedock.invalid/objects/${key}`));

describe("what was remembered of damaged content", () => {
  beforeEach(() => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
  });

  it("is forgotten as it is quarantined, in each repository that has it", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(web(), as, bytes);
    await pushBlob(`${space}/api`, as, bytes);
    const apiToken = await pullToken(as, `${space}/api`);
    const readApi = async (): Promise<number> => {
      const answer = await ask(`/v2/${space}/api/blobs/${digest}`, {
        headers: { Authorization: `Bearer ${apiToken}` },
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    const token = await pullToken();
    await warm(token, `blobs/${digest}`);
    await countCalls(async () => void (await readApi()));
    await HARM["other bytes"](await keyOf(digest));
    await scrubbed();
    expect([await read(token, `blobs/${digest}`), await readApi()]).toEqual(["404", 404]);
  });

  it.each(["no object", "fewer bytes"] as const)(
    "is forgotten as a pull meets %s, and when it is mended",
    async (harm) => {
      const bytes = newBytes();
      const { digest } = await pushBlob(web(), as, bytes);
      const key = await keyOf(digest);
      const token = await pullToken();
      await warm(token, `blobs/${digest}`);
      await HARM[harm](key);
      await dropCopy(key);
      await warm(token, `blobs/${digest}`).catch(() => undefined);
      expect(await read(token, `blobs/${digest}`)).toBe("404");
      await pushBlob(web(), as, bytes);
      expect(await read(token, `blobs/${digest}`)).toBe(digest);
    },
  );

  it("is forgotten as it is mended, by a push to another repository too", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(web(), as, bytes);
    const key = await keyOf(digest);
    const token = await pullToken();
    await warm(token, `blobs/${digest}`);
    await HARM["other bytes"](key);
    // Acts as another data centre that found it: nothing is forgotten here.
    await scrubAll();
    await dropCopy(key);
    await pushBlob(`${space}/api`, as, bytes);
    expect(await read(token, `blobs/${digest}`)).toBe(digest);
  });

  it("is passed over where it was mended elsewhere and its bytes are gone", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(web(), as, bytes);
    const key = await keyOf(digest);
    const token = await pullToken();
    await warm(token, `blobs/${digest}`);
    await env.BLOBS.put("blobs/mended-elsewhere", bytes);
    await env.DB.prepare("UPDATE blobs SET key = 'blobs/mended-elsewhere' WHERE digest = ?").bind(digest).run();
    await env.BLOBS.delete(key);
    await dropCopy(key);
    expect(await read(token, `blobs/${digest}`)).toBe(digest);
    expect(await read(token, `blobs/${digest}`, { range: "bytes=0-9" })).toBe(await digestOf(bytes.slice(0, 10)));
  });

  it("is forgotten of a long manifest, as it is quarantined and as it is mended", async () => {
    const text = padded(await imageText(web(), as, newSeed()), 1_000_000);
    const digest = await digestOf(text);
    const token = await pullToken();
    for (const harm of ["no object", "other bytes"] as const) {
      await putManifest(web(), as, "long", text);
      await warm(token, `manifests/${digest}`);
      const key = await keyOf(digest, "manifests");
      await HARM[harm](key);
      await dropCopy(key);
      await scrubbed();
      expect(await read(token, `manifests/${digest}`)).toBe("404");
      await putManifest(web(), as, "long", text);
      expect(await read(token, `manifests/${digest}`)).toBe(digest);
      await scrubAll();
    }
  });
});

const short = (): Response => new Response("short", { headers: { "Cache-Control": "max-age=60" } });

describe("a cache that fails", () => {
  it.each(["match", "put", "delete"] as const)("fails neither a pull nor a deletion: %s", async (method) => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
    vi.spyOn(caches.default, method).mockRejectedValue(new Error("the cache is broken"));
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken();
    for (let time = 0; time < 2; time++) expect(await read(token, `blobs/${digest}`)).toBe(digest);
    expect((await ask(`/v2/${web()}/blobs/${digest}`, { method: "DELETE", as })).status).toBe(202);
  });

  it("has copies of another length, which are not used", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(web(), as, bytes);
    const token = await pullToken();
    const put = caches.default.put.bind(caches.default);
    vi.spyOn(caches.default, "put").mockImplementation((address, answer) =>
      put(address, addressOf(address).includes("/objects/") ? short() : answer),
    );
    await warm(token, `blobs/${digest}`);
    expect(await read(token, `blobs/${digest}`)).toBe(digest);
    expect(await read(token, `blobs/${digest}`, { range: "bytes=0-2" })).toBe(await digestOf(bytes.subarray(0, 3)));
  });
});

describe("without memory", () => {
  /** Gets from a Worker that remembers nothing and keeps no copies. */
  const getAnew = (token: string, path: string): Promise<string> => getFrom(FORGETFUL, token, path);
  const FORGETFUL = { ...countedEnv(env), READ_MEMORY_SECONDS: "0", CACHE_MB: "0" };

  it("a revoked credential reads nothing more, whatever was read", async () => {
    const credential = await makeToken(space, { actions: ["pull"] });
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken(credential.token);
    expect(await getAnew(token, `blobs/${digest}`)).toBe(digest);
    await manage("DELETE", `spaces/${space}/tokens/${credential.id}`);
    expect(await getAnew(token, `blobs/${digest}`)).toBe("401 UNAUTHORIZED");
  });

  it("each pull reads the database and the bucket", async () => {
    const { digest } = await pushBlob(web(), as, newBytes());
    const token = await pullToken();
    await warm(token, `blobs/${digest}`);
    const calls = await callsOf(() => getAnew(token, `blobs/${requireDigest(digest)}`));
    expect(calls).toEqual(["D1 batch", "R2 get"]);
  });
});

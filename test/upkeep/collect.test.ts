import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Digest, requireDigest } from "../../src/oci/digest.ts";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collect } from "../../src/upkeep/collect.ts";
import type { UpkeepStores } from "../../src/upkeep/stores.ts";
import {
  bytesOf,
  digestOf,
  imageText,
  OCI_MANIFEST,
  padded,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { ask, makeSpace, manage } from "../support/registry.ts";
import { isReadable } from "../support/upload.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SETTINGS = { grace: DAY, orphanGrace: HOUR, keepDeleted: 7 * DAY, keepBytes: 0 };
const STORES: UpkeepStores = { collection: d1Collection(env.DB), objects: r2Objects(env.BLOBS) };

let space = "";
let as = "";
let spaces = 0;
let seeds = 1000;
/** The time of the next run. */
let clock = Date.now();

beforeEach(async () => {
  spaces += 1;
  space = `upkeep${spaces}`;
  as = await makeSpace(space);
  clock = Date.now();
});

/** Runs upkeep after so much time. */
async function runAfter(time: number, stores = STORES, settings = SETTINGS): Promise<void> {
  clock += time;
  await collect(stores, settings, clock);
}

/** Runs long enough for everything unneeded to go: marks, links, blobs, bytes. */
async function runToTheEnd(): Promise<void> {
  for (const time of [0, DAY + 1, 1, DAY + 1, 1]) await runAfter(time);
}

const newSeed = (): number => (seeds += 1);

const keyRow = z.object({ key: z.string() });

async function keyOf(digest: string): Promise<string> {
  return keyRow.parse(await env.DB.prepare("SELECT key FROM blobs WHERE digest = ?").bind(digest).first()).key;
}

async function isStored(key: string): Promise<boolean> {
  return (await env.BLOBS.head(key)) !== null;
}

describe("a blob that no manifest needs", () => {
  it("is kept for its grace, and then goes: link, row and bytes", async () => {
    const { digest } = await pushBlob(`${space}/web`, as, bytesOf(100, newSeed()));
    const key = await keyOf(digest);
    await runAfter(0);
    await runAfter(DAY - HOUR);
    expect(await env.DB.prepare("SELECT 1 FROM repository_blobs WHERE digest = ?").bind(digest).first()).not.toBeNull();
    await runAfter(2 * HOUR);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(false);
    expect(await isStored(key)).toBe(true);
    await runAfter(DAY + HOUR);
    expect(await isStored(key)).toBe(false);
    expect(await env.DB.prepare("SELECT 1 FROM blobs WHERE digest = ?").bind(digest).first()).toBeNull();
  });

  it.each<[string, (repository: string, digest: string, seed: number) => Promise<unknown>]>([
    ["is asked for", (repository, digest) => ask(`/v2/${repository}/blobs/${digest}`, { method: "HEAD", as })],
    ["is pushed again", (repository, _, seed) => pushBlob(repository, as, bytesOf(100, seed))],
    [
      "is mounted again",
      (repository, digest) =>
        ask(`/v2/${repository}/blobs/uploads/?mount=${digest}&from=${repository}`, { method: "POST", as }),
    ],
  ])("has a new grace when it %s, at the last moment", async (_, touch) => {
    const seed = newSeed();
    const { digest } = await pushBlob(`${space}/web`, as, bytesOf(100, seed));
    await runAfter(0);
    clock += DAY + HOUR;
    await touch(`${space}/web`, digest, seed);
    await runAfter(0);
    await runAfter(DAY - HOUR);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });

  it("stays when a manifest comes to need it at the last moment", async () => {
    const text = await imageText(`${space}/web`, as, newSeed());
    await runAfter(0);
    clock += DAY + HOUR;
    expect((await putManifest(`${space}/web`, as, "latest", text)).status).toBe(201);
    await runToTheEnd();
    for (const digest of blobsOf(text)) expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });

  it("goes from one repository and stays in another", async () => {
    const seed = newSeed();
    const { text } = await pushImage(`${space}/web`, as, "latest", seed);
    await imageText(`${space}/copy`, as, seed);
    await runToTheEnd();
    for (const digest of blobsOf(text)) {
      expect(await isReadable(`${space}/copy`, as, digest)).toBe(false);
      expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
    }
  });
});

const descriptor = z.object({ digest: z.string() });
const imageShape = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(descriptor),
});

function blobsOf(text: string): readonly Digest[] {
  const { config, layers } = imageShape.parse(JSON.parse(text));
  return [config, ...layers].map(({ digest }) => requireDigest(digest));
}

describe("an image", () => {
  it("stays whole, however often upkeep runs", async () => {
    const { digest, text } = await pushImage(`${space}/web`, as, "latest", newSeed());
    for (let run = 0; run < 3; run++) await runToTheEnd();
    expect((await ask(`/v2/${space}/web/manifests/latest`, { as })).headers.get("Docker-Content-Digest")).toBe(digest);
    for (const blob of blobsOf(text)) expect(await isReadable(`${space}/web`, as, blob)).toBe(true);
  });

  it("that was deleted is kept for a week and then leaves nothing behind, its long manifest included", async () => {
    const text = padded(await imageText(`${space}/web`, as, newSeed()), 1_000_000);
    expect((await putManifest(`${space}/web`, as, "latest", text)).status).toBe(201);
    const { key } = keyRow.parse(
      await env.DB.prepare("SELECT key FROM manifests WHERE digest = ?")
        .bind(await digestOf(text))
        .first(),
    );
    const keys = [key, ...(await Promise.all(blobsOf(text).map(keyOf)))];
    await ask(`/v2/${space}/web/manifests/${await digestOf(text)}`, { method: "DELETE", as });
    await runToTheEnd();
    expect(await Promise.all(keys.map(isStored))).toEqual([true, true, true]);
    await runAfter(7 * DAY);
    await runToTheEnd();
    expect(await Promise.all(keys.map(isStored))).toEqual([false, false, false]);
  });
});

describe("a deleted repository", () => {
  it("is kept for a week, and then goes with all that is in it, and nothing else", async () => {
    const seed = newSeed();
    const { text } = await pushImage(`${space}/gone`, as, "latest", seed);
    const own = await pushBlob(`${space}/gone`, as, bytesOf(50, newSeed()));
    const ownKey = await keyOf(own.digest);
    await pushImage(`${space}/kept`, as, "latest", seed);
    await manage("DELETE", `spaces/${space}/repositories/gone`);
    const count = async (table: string): Promise<unknown> =>
      env.DB.prepare(
        `SELECT COUNT(*) AS n FROM ${table} WHERE repository_id IN (SELECT r.id FROM repositories r JOIN spaces s ON s.id = r.space_id WHERE s.name = ? AND r.path = 'gone')`,
      )
        .bind(space)
        .first("n");
    await runAfter(6 * DAY);
    expect(await count("tags")).toBe(1);
    await runAfter(2 * DAY);
    for (const table of ["tags", "manifests", "manifest_references", "repository_blobs"])
      expect(await count(table)).toBe(0);
    await runToTheEnd();
    expect(await isStored(ownKey)).toBe(false);
    for (const digest of blobsOf(text)) expect(await isReadable(`${space}/kept`, as, digest)).toBe(true);
  });
});

describe("an object that no row points to", () => {
  it("goes when it is old enough to belong to no upload that is under way", async () => {
    const key = `blobs/orphan${spaces}`;
    await env.BLOBS.put(key, "x");
    await runAfter(HOUR);
    expect(await isStored(key)).toBe(true);
    await runAfter(DAY);
    expect(await isStored(key)).toBe(false);
  });

  it("is left for a while of its own, however short the grace", async () => {
    const key = `blobs/young${spaces}`;
    await env.BLOBS.put(key, "x");
    const settings = { ...SETTINGS, grace: 0 };
    await runAfter(HOUR / 2, STORES, settings);
    expect(await isStored(key)).toBe(true);
    await runAfter(HOUR, STORES, settings);
    expect(await isStored(key)).toBe(false);
  });

  it("cannot come to be pointed to, once it is to go: the client uploads anew", async () => {
    const bytes = bytesOf(6 * 1024 * 1024, newSeed());
    const digest = await digestOf(bytes);
    const answer = await ask(`/v2/${space}/web/blobs/uploads/`, { method: "POST", as });
    const location = answer.headers.get("Location") ?? "";
    await ask(location, { method: "PATCH", as, body: bytes });
    expect((await ask(`${location}?digest=${digest}`, { method: "PUT", as })).status).toBe(201);
    const key = await keyOf(digest);
    // Acts like a crash between bytes and rows, with the client back after the orphan was found.
    await env.DB.prepare("DELETE FROM repository_blobs WHERE digest = ?").bind(digest).run();
    await env.DB.prepare("DELETE FROM blobs WHERE digest = ?").bind(digest).run();
    await STORES.collection.condemnOrphans([key], clock);
    const repeated = await ask(`${location}?digest=${digest}`, { method: "PUT", as });
    expect(repeated.status).toBe(404);
    expect(await repeated.text()).toContain("BLOB_UPLOAD_UNKNOWN");
    await runAfter(0);
    await pushBlob(`${space}/web`, as, bytes);
    await runToTheEnd();
    expect(await isReadable(`${space}/web`, as, digest)).toBe(false);
  });
});

describe("collection and pushes at the same time", () => {
  it.each(Array.from({ length: 10 }, (_, round) => round))("round %i: what is acknowledged can be pulled", async () => {
    const seed = newSeed();
    await imageText(`${space}/web`, as, seed);
    await runAfter(0);
    await runAfter(DAY + 1);
    clock += DAY + 1;
    // The blobs' rows are due by now, and the same content is pushed meanwhile.
    const push = async (): Promise<number> => {
      const text = await imageText(`${space}/web`, as, seed);
      return (await putManifest(`${space}/web`, as, "latest", text)).status;
    };
    const [pushed] = await Promise.all([push(), runAfter(0), runAfter(0), runAfter(0)]);
    expect(pushed).toBe(201);
    await runToTheEnd();
    const text = await (await ask(`/v2/${space}/web/manifests/latest`, { as })).text();
    for (const digest of blobsOf(text)) {
      const blob = await ask(`/v2/${space}/web/blobs/${digest}`, { as });
      expect([blob.status, await digestOf(new Uint8Array(await blob.arrayBuffer()))]).toEqual([200, digest]);
    }
  });
});

describe("walks", () => {
  it("come round to everything, a few at a time", async () => {
    const digests: string[] = [];
    for (let index = 0; index < 7; index++) {
      digests.push((await pushBlob(`${space}/many`, as, bytesOf(20, newSeed()))).digest);
    }
    const marked = async (): Promise<unknown> =>
      env.DB.prepare(
        `SELECT COUNT(*) AS n FROM repository_blobs WHERE marked_at IS NOT NULL AND digest IN (SELECT value FROM json_each(?))`,
      )
        .bind(JSON.stringify(digests))
        .first("n");
    await env.DB.prepare("DELETE FROM walks").run();
    const total = z.int().parse(await env.DB.prepare("SELECT COUNT(*) AS n FROM repository_blobs").first("n"));
    const bounds = { now: clock, cutoff: 0, limit: 3 };
    for (let step = 0; step <= Math.floor(total / 3); step++) await STORES.collection.markLinks(bounds);
    expect(await marked()).toBe(7);
    expect(await STORES.collection.position("links")).toBeNull();
  });
});

/** Makes stores whose calls fail, one at a time, before or after they take effect. */
function failing(at: number, when: "before" | "after", calls: { count: number }): UpkeepStores {
  const wrap = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          calls.count += 1;
          const fails = calls.count === at;
          if (fails && when === "before") throw new Error("injected");
          const result: unknown = await Reflect.apply(value, target, args);
          if (fails) throw new Error("injected");
          return result;
        };
      },
    });
  return { collection: wrap(STORES.collection), objects: wrap(STORES.objects) };
}

describe("a run that fails", () => {
  it.each(["before", "after"] as const)(
    "%s any of its steps: the next ones clean up, and lose nothing",
    async (when) => {
      const kept = await pushImage(`${space}/web`, as, "latest", newSeed());
      for (let at = 1, goesOn = true; goesOn; at++) {
        const { digest } = await pushBlob(`${space}/web`, as, bytesOf(60, newSeed()));
        const key = await keyOf(digest);
        let most = 0;
        for (const time of [0, DAY + 1, DAY + 1]) {
          const calls = { count: 0 };
          await runAfter(time, failing(at, when, calls)).catch(() => undefined);
          most = Math.max(most, calls.count);
        }
        goesOn = most >= at;
        await runToTheEnd();
        expect([at, await isStored(key)]).toEqual([at, false]);
      }
      for (const digest of blobsOf(kept.text)) expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
      const left = await env.DB.prepare("SELECT COUNT(*) AS n FROM condemned WHERE deleted_at IS NULL").first("n");
      expect(left).toBe(0);
    },
  );
});

describe("storage after upkeep", () => {
  it("holds exactly what rows point to", async () => {
    const { text } = await pushImage(`${space}/web`, as, "latest", newSeed());
    await pushBlob(`${space}/web`, as, bytesOf(70, newSeed()));
    await env.BLOBS.put(`manifests/orphan${spaces}`, "x");
    expect(text).toContain(OCI_MANIFEST);
    await runToTheEnd();
    const { objects } = await env.BLOBS.list();
    const { results } = await env.DB.prepare(
      "SELECT key FROM blobs UNION SELECT key FROM manifests WHERE key IS NOT NULL UNION SELECT key FROM deleted_manifests WHERE key IS NOT NULL ORDER BY key",
    ).all();
    expect(objects.map(({ key }) => key)).toEqual(
      z
        .array(keyRow)
        .parse(results)
        .map(({ key }) => key),
    );
  });
});

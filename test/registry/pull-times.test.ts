import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { bearerOf } from "../support/bearer.ts";
import {
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  newSeed,
  OCI_INDEX,
  padded,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { countCalls, disturbCalls } from "../support/counting.ts";
import { type Ask, ask, errorOf, makeSpace, makeToken, manage } from "../support/registry.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The time at which the tests begin; later ones move on from here. */
const START = Date.now();

let space = "";
let repository = "";
let as = "";
let spaces = 0;

beforeEach(async () => {
  spaces += 1;
  space = `pulls${spaces}`;
  repository = `${space}/web`;
  as = await makeSpace(space);
  moveTo(START);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function moveTo(now: number): void {
  vi.useFakeTimers({ now, toFake: ["Date"] });
}

/** Asks for a manifest, and waits for the work after the answer. */
async function pull(reference: string, how: Ask = {}): Promise<Response> {
  const answers: Response[] = [];
  await countCalls(async () => {
    const answer = await ask(`/v2/${repository}/manifests/${reference}`, { as, ...how });
    const body = await answer.text();
    answers.push(new Response(body === "" ? null : body, answer));
  });
  const [answer] = answers;
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

/** Pulls by tag, with something else in place of the statement that notes it. Returns the answer's status. */
async function pullWithNote(instead: (note: () => unknown) => Promise<unknown>): Promise<number> {
  let batches = 0;
  let status = 0;
  await disturbCalls(
    ({ name }, proceed) => {
      if (name !== "D1 batch") return proceed();
      batches += 1;
      // The first one serves the manifest.
      return batches === 2 ? instead(proceed) : proceed();
    },
    async () => {
      status = (await ask(`/v2/${repository}/manifests/latest`, { as })).status;
    },
  );
  if (batches < 2) throw new Error("nothing was to be noted");
  return status;
}

/** Holds back so many pulls until the database has served all of them. Returns how many go on to note it. */
async function whenAllHaveRead(count: number, act: () => Promise<void>): Promise<number> {
  const reads: unknown[] = [];
  const allRead = Promise.withResolvers<unknown>();
  let notes = 0;
  await disturbCalls(({ name }, proceed) => {
    if (name !== "D1 batch") return proceed();
    if (reads.length === count) {
      notes += 1;
      return proceed();
    }
    const read = proceed();
    if (reads.push(read) === count) allRead.resolve(Promise.all(reads));
    return allRead.promise.then(() => read);
  }, act);
  return notes;
}

const timeRow = z.object({ pulled_at: z.int().nullable() });

/** Returns the time of the last pull, in milliseconds since the tests began; null for none. */
async function pulledAt(table: "tags" | "manifests", key: string): Promise<number | null> {
  const sql = `
    SELECT x.pulled_at FROM ${table} x JOIN repositories r ON r.id = x.repository_id JOIN spaces s ON s.id = r.space_id
    WHERE s.name || '/' || r.path = ? AND x.${table === "tags" ? "name" : "digest"} = ?`;
  const { pulled_at: at } = timeRow.parse(await env.DB.prepare(sql).bind(repository, key).first());
  return at === null ? null : at - START;
}

const tagTime = (tag: string): Promise<number | null> => pulledAt("tags", tag);
const manifestTime = (digest: string): Promise<number | null> => pulledAt("manifests", digest);

const tagList = z.object({ items: z.array(z.object({ name: z.string(), pulledAt: z.string().nullable() })) });

/** Returns the time of each tag as the API lists it, in milliseconds since the tests began. */
async function listedTimes(query = ""): Promise<Record<string, number | null>> {
  const answer = await manage("GET", `spaces/${space}/repositories/web/tags${query}`);
  const { items } = tagList.parse(await answer.json());
  return Object.fromEntries(items.map(({ name, pulledAt: at }) => [name, at === null ? null : Date.parse(at) - START]));
}

describe("what was pushed", () => {
  it("has not been pulled", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
  });

  it("was pulled when pull times came to be kept, if it was there before", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    const migration = env.TEST_MIGRATIONS.find(({ name }) => name.startsWith("0020"));
    const fills = migration?.queries.filter((query) => query.includes("UPDATE")) ?? [];
    await env.DB.batch(fills.map((query) => env.DB.prepare(query)));
    for (const time of [await tagTime("latest"), await manifestTime(digest)]) {
      expect(Math.abs(time ?? Number.NaN)).toBeLessThan(HOUR);
    }
  });
});

describe("a pull", () => {
  it.each<[string, Ask]>([
    ["of a manifest", {}],
    ["that finds it there already", { method: "HEAD" }],
  ])("by tag %s is the tag's and the manifest's", async (_, how) => {
    const { digest } = await pushImage(repository, as, "latest");
    await pushImage(repository, as, "other");
    expect((await pull("latest", how)).status).toBe(200);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([0, 0]);
    expect(await tagTime("other")).toBeNull();
  });

  it.each<[string, Ask]>([
    ["of a manifest", {}],
    ["that finds it there already", { method: "HEAD" }],
  ])("by digest %s is the manifest's alone", async (_, how) => {
    const { digest } = await pushImage(repository, as, "latest");
    expect((await pull(digest, how)).status).toBe(200);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, 0]);
  });

  it("that finds nothing new counts", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    expect((await pull("latest", { headers: { "If-None-Match": `"${digest}"` } })).status).toBe(304);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([0, 0]);
  });

  it("by anybody counts", async () => {
    await manage("PATCH", `spaces/${space}`, { public: true });
    const { digest } = await pushImage(repository, as, "latest");
    const headers = { Authorization: `Bearer ${await bearerOf(null, `repository:${repository}:pull`)}` };
    expect((await pull("latest", { as: null, headers })).status).toBe(200);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([0, 0]);
  });

  it("of an index and then of its child is both manifests'", async () => {
    const child = await pushImage(repository, as, "child");
    const text = indexText([await descriptorOf(child.text)]);
    await putManifest(repository, as, "latest", text, OCI_INDEX);
    await pull("latest");
    expect([await manifestTime(await digestOf(text)), await manifestTime(child.digest)]).toEqual([0, null]);
    await pull(child.digest);
    expect([await manifestTime(child.digest), await tagTime("child")]).toEqual([0, null]);
  });

  it("of an immutable tag counts", async () => {
    await pushImage(repository, as, "v1");
    await manage("PATCH", `spaces/${space}`, { immutableTags: ["v*"] });
    await pull("v1");
    expect(await tagTime("v1")).toBe(0);
  });

  it("is of one repository, though another has the same manifest", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    await pushImage(`${space}/other`, as, "latest");
    await pull("latest");
    repository = `${space}/other`;
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
  });

  it("is shown beside the tag", async () => {
    await pushImage(repository, as, "latest");
    await pushImage(repository, as, "never", 2);
    await pull("latest");
    expect(await listedTimes()).toEqual({ latest: 0, never: null });
  });

  it("by digest is shown beside each tag on it, also beside one that is set later", async () => {
    const { digest, text } = await pushImage(repository, as, "latest");
    await pushImage(repository, as, "never", 2);
    await pull(digest);
    moveTo(START + HOUR);
    await putManifest(repository, as, "later", text);
    expect(await listedTimes()).toEqual({ latest: 0, later: 0, never: null });
    expect(await listedTimes("?order=newest")).toEqual({ latest: 0, later: 0, never: null });
    moveTo(START + 2 * DAY);
    await pull("later");
    await pushImage(repository, as, "later", 2);
    expect(await listedTimes()).toEqual({ latest: 2 * DAY, later: 2 * DAY, never: null });
  });
});

describe("a repository", () => {
  const shape = z.object({ items: z.array(z.object({ name: z.string(), pulledAt: z.string().nullable() })) });

  /** Returns the repositories' times as the API lists them, in milliseconds since the tests began. */
  async function repositoryTimes(): Promise<Record<string, number | null>> {
    const { items } = shape.parse(await (await manage("GET", `spaces/${space}/repositories`)).json());
    return Object.fromEntries(
      items.map(({ name, pulledAt: at }) => [name, at === null ? null : Date.parse(at) - START]),
    );
  }

  it("was pulled when anything was pulled from it, by tag or by digest, to the day", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    await pushImage(`${space}/other`, as, "latest");
    expect(await repositoryTimes()).toEqual({ web: null, other: null });
    await pull(digest);
    expect(await repositoryTimes()).toEqual({ web: 0, other: null });
    moveTo(START + HOUR);
    await pull("latest");
    expect(await repositoryTimes()).toEqual({ web: 0, other: null });
    moveTo(START + DAY);
    await pull("latest");
    expect(await repositoryTimes()).toEqual({ web: DAY, other: null });
  });

  it("that was there before has the time of what was pulled last", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    await pushImage(`${space}/other`, as, "latest");
    await pull(digest);
    const migration = env.TEST_MIGRATIONS.find(({ name }) => name.startsWith("0032"));
    const fills = migration?.queries.filter((query) => query.includes("UPDATE")) ?? [];
    await env.DB.batch([
      env.DB.prepare("UPDATE repositories SET pulled_at = 1"),
      ...fills.map((query) => env.DB.prepare(query)),
    ]);
    expect(await repositoryTimes()).toEqual({ web: 0, other: null });
  });
});

describe("no pull", () => {
  it("is what is refused", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    const { token } = await makeToken(space, { actions: ["pull"], repositories: ["elsewhere"] });
    expect(await errorOf(await pull("latest", { as: token }))).toBe("403 DENIED");
    expect(await errorOf(await pull("latest", { as: null }))).toBe("401 UNAUTHORIZED");
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
  });

  it("is what is not found", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    expect((await pull("unknown")).status).toBe(404);
    expect((await pull(await digestOf("unknown"))).status).toBe(404);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
  });

  it("is what has lost its bytes", async () => {
    const text = padded(await imageText(repository, as), 1_000_000);
    await putManifest(repository, as, "latest", text);
    const digest = await digestOf(text);
    const key = await env.DB.prepare("SELECT key FROM manifests WHERE digest = ?").bind(digest).first<string>("key");
    await env.BLOBS.delete(key ?? "");
    expect((await pull("latest")).status).toBe(404);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
  });
});

const layerOf = (text: string): string => /"layers":\[\{[^}]*"digest":"([^"]+)"/.exec(text)?.[1] ?? "";

describe("a look", () => {
  const headers = { "Spacedock-Look": "1" };

  const markedRow = z.object({ manifest: z.int().nullable(), blob: z.int().nullable() });

  async function marks(manifest: string, blob: string): Promise<z.infer<typeof markedRow>> {
    const row = await env.DB.prepare(
      "SELECT (SELECT marked_at FROM manifests WHERE digest = ?1) AS manifest, (SELECT marked_at FROM repository_blobs WHERE digest = ?2) AS blob",
    )
      .bind(manifest, blob)
      .first();
    return markedRow.parse(row);
  }

  it.each(["GET", "HEAD"])("by %s is answered as a pull is, and is none", async (method) => {
    const { digest } = await pushImage(repository, as, "latest");
    for (const reference of ["latest", digest]) {
      const looked = await pull(reference, { method, headers });
      expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
      expect((await (await manage("GET", `spaces/${space}/repositories`)).text()).includes('"pulledAt":null')).toBe(
        true,
      );
      const { "x-request-id": _, ...seen } = Object.fromEntries(looked.headers);
      expect(seen).toMatchObject({ "docker-content-digest": digest, etag: `"${digest}"` });
    }
    await pull("latest", { method });
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([0, 0]);
  });

  it("is what says so, and nothing else", async () => {
    await pushImage(repository, as, "latest");
    await pull("latest", { headers: { "Spacedock-Look": "0" } });
    expect(await tagTime("latest")).toBe(0);
  });

  it("finds nothing where there is nothing, and nothing for strangers", async () => {
    await pushImage(repository, as, "latest");
    expect((await pull("unknown", { headers })).status).toBe(404);
    expect((await pull(await digestOf("unknown"), { headers })).status).toBe(404);
    expect((await pull("-", { headers })).status).toBe(404);
    expect(await errorOf(await pull("latest", { as: null, headers }))).toBe("401 UNAUTHORIZED");
  });

  it("keeps nothing that is marked for collection, as no page of ours does; a client that asks keeps it", async () => {
    const { digest, text } = await pushImage(repository, as, "latest", newSeed());
    const layer = layerOf(text);
    await env.DB.batch([
      env.DB.prepare("UPDATE manifests SET marked_at = 1 WHERE digest = ?").bind(digest),
      env.DB.prepare("UPDATE repository_blobs SET marked_at = 1 WHERE digest = ?").bind(layer),
    ]);
    for (const method of ["GET", "HEAD"]) {
      for (const reference of ["latest", digest]) await pull(reference, { method, headers });
      await (await ask(`/v2/${repository}/blobs/${layer}`, { as, method, headers })).arrayBuffer();
    }
    for (const page of [
      `repositories/web/tags`,
      `manifest?repository=web&reference=${digest}`,
      "manifest?repository=web&reference=latest",
      `blob-text?repository=web&digest=${layer}`,
      `referrers?repository=web&digest=${digest}`,
      "history?repository=web&tag=latest",
      "storage",
      "damaged",
      "events",
      "activity",
    ]) {
      expect((await manage("GET", `spaces/${space}/${page}`)).status, page).toBe(200);
    }
    expect((await manage("POST", `spaces/${space}/gc:preview`, {})).status).toBe(200);
    const rule = { repositories: ["**"], keep: { newest: 1 } };
    expect((await manage("POST", `spaces/${space}/retention-rules:preview`, rule)).status).toBe(200);
    expect(await marks(digest, layer)).toEqual({ manifest: 1, blob: 1 });
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
    await pull(digest);
    await (await ask(`/v2/${repository}/blobs/${layer}`, { as, method: "HEAD" })).arrayBuffer();
    expect(await marks(digest, layer)).toEqual({ manifest: null, blob: null });
  });
});

describe("a later pull", () => {
  it("is noted when a day has gone by, and not before", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    for (const [at, noted] of [
      [0, 0],
      [DAY - HOUR, 0],
      [DAY, DAY],
      [DAY + HOUR, DAY],
      [10 * DAY, 10 * DAY],
    ] as const) {
      moveTo(START + at);
      await pull("latest");
      expect([at, await tagTime("latest"), await manifestTime(digest)]).toEqual([at, noted, noted]);
    }
  });

  it("is noted for the tag and for the manifest apart", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    await pull(digest);
    moveTo(START + HOUR);
    await pull("latest");
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([HOUR, 0]);
  });
});

describe("a tag", () => {
  it("keeps its time when it is pushed again, to what it was on or elsewhere", async () => {
    const { digest } = await pushImage(repository, as, "latest", 1);
    await pull("latest");
    moveTo(START + HOUR);
    await pushImage(repository, as, "latest", 1);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([0, 0]);
    const moved = await pushImage(repository, as, "latest", 2);
    expect([await tagTime("latest"), await manifestTime(moved.digest)]).toEqual([0, null]);
  });

  it("that was deleted and made again has not been pulled", async () => {
    await pushImage(repository, as, "latest");
    await pull("latest");
    await ask(`/v2/${repository}/manifests/latest`, { method: "DELETE", as });
    await pushImage(repository, as, "latest");
    expect(await tagTime("latest")).toBeNull();
  });
});

describe("a manifest", () => {
  it("keeps its time through the trash", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    await pull("latest");
    await ask(`/v2/${repository}/manifests/${digest}`, { method: "DELETE", as });
    const restored = await manage("POST", `spaces/${space}/deleted:undelete`, { repository: "web", digest });
    expect(restored.status).toBe(200);
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, 0]);
  });
});

describe("pulls at the same time", () => {
  it("change each row once", async () => {
    const { digest } = await pushImage(repository, as, "latest");
    await env.DB.batch(
      [
        "CREATE TABLE noted (what TEXT)",
        "CREATE TRIGGER tag_noted AFTER UPDATE OF pulled_at ON tags BEGIN INSERT INTO noted VALUES ('tag'); END",
        "CREATE TRIGGER manifest_noted AFTER UPDATE OF pulled_at ON manifests BEGIN INSERT INTO noted VALUES ('manifest'); END",
      ].map((sql) => env.DB.prepare(sql)),
    );
    const references = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? "latest" : digest));
    const notes = await whenAllHaveRead(references.length, async () => {
      const answers = await Promise.all(
        references.map((reference) => ask(`/v2/${repository}/manifests/${reference}`, { as })),
      );
      expect(answers.map(({ status }) => status)).toEqual(references.map(() => 200));
    });
    // Each one found no noted pull.
    expect(notes).toBe(references.length);
    const { results } = await env.DB.prepare("SELECT what FROM noted ORDER BY what").all();
    await env.DB.batch(
      ["DROP TRIGGER tag_noted", "DROP TRIGGER manifest_noted", "DROP TABLE noted"].map((sql) => env.DB.prepare(sql)),
    );
    expect(results).toEqual([{ what: "manifest" }, { what: "tag" }]);
  });
});

describe("a pull and a deletion", () => {
  it("that meet leave nothing behind", async () => {
    for (let round = 0; round < 8; round++) {
      const { digest } = await pushImage(repository, as, `tag${round}`, round);
      await countCalls(async () => {
        const [pulled, deleted] = await Promise.all([
          ask(`/v2/${repository}/manifests/tag${round}`, { as }),
          ask(`/v2/${repository}/manifests/${digest}`, { method: "DELETE", as }),
        ]);
        expect([200, 404]).toContain(pulled.status);
        expect(deleted.status).toBe(202);
      });
      expect((await pull(digest)).status).toBe(404);
    }
  });

  it("before it is noted leaves nothing to note, and is no fault", async () => {
    const log = vi.spyOn(console, "error");
    const { digest } = await pushImage(repository, as, "latest");
    const remove = (): Promise<Response> => ask(`/v2/${repository}/manifests/${digest}`, { method: "DELETE", as });
    expect(await pullWithNote(async (note) => remove().then(note))).toBe(200);
    expect(log).not.toHaveBeenCalled();
    await pushImage(repository, as, "latest");
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
  });
});

describe("a pull that cannot be noted", () => {
  it("succeeds all the same", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const { digest } = await pushImage(repository, as, "latest");
    expect(await pullWithNote(async () => Promise.reject(new Error("injected")))).toBe(200);
    expect(log).toHaveBeenCalledOnce();
    expect([await tagTime("latest"), await manifestTime(digest)]).toEqual([null, null]);
    // The next pull is noted.
    await pull("latest");
    expect(await tagTime("latest")).toBe(0);
  });
});

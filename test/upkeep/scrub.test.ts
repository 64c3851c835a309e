import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Damage } from "../../src/registry/damage.ts";
import { examineObject } from "../../src/storage/r2/digest-object.ts";
import { scrub } from "../../src/upkeep/scrub.ts";
import type { ScrubStores } from "../../src/upkeep/scrub-stores.ts";
import worker from "../../src/worker.ts";
import { pushBlob, newBytes } from "../support/content.ts";
import { damagedOf, HARM, keyOf, SCRUB, scrubAll, hideLog } from "../support/damage.ts";
import { ask, nextSpace } from "../support/registry.ts";
import { isReadable } from "../support/upload.ts";

const DAY = 86_400_000;

let space = "";
let as = "";

hideLog();

beforeEach(async () => {
  ({ space, as } = await nextSpace("scrub"));
});

function blob(repository: string, digest: string, method = "GET"): Promise<Response> {
  return ask(`/v2/${repository}/blobs/${digest}`, { method, as });
}

/** Makes stores whose looks at one object find these results in turn; later looks, and those at other objects, find the real state. */
function seeing(key: string, ...looks: readonly (Damage | Error)[]): ScrubStores {
  const left = [...looks];
  const examine: ScrubStores["examine"] = async (object) => {
    const found = object.key === key ? left.shift() : undefined;
    if (found instanceof Error) throw found;
    return found ?? examineObject(env.BLOBS, object);
  };
  return { ...SCRUB, examine };
}

describe("one look", () => {
  it.each<Damage>(["corrupt", "missing"])("that finds a blob %s is not enough", async (damage) => {
    const { digest } = await pushBlob(`${space}/web`, as, newBytes());
    await scrubAll(seeing(await keyOf(digest), damage));
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });

  it.each([
    ["the first", [new Error("R2 is away")]],
    ["the second", ["corrupt" as const, new Error("R2 is away")]],
  ])("that fails, %s, says nothing of the blob: others are looked at, and it is in the next walk", async (_, looks) => {
    const unreadable = await pushBlob(`${space}/web`, as, newBytes());
    const other = await pushBlob(`${space}/web`, as, newBytes());
    const key = await keyOf(unreadable.digest);
    await HARM["other bytes"](key);
    await HARM["other bytes"](await keyOf(other.digest));
    await scrubAll(seeing(key, ...looks));
    expect((await damagedOf(space)).items.map(({ digest }) => digest)).toEqual([other.digest]);
    await scrubAll();
    expect((await damagedOf(space)).items).toHaveLength(2);
  });

  it("is of no account where the blob was mended meanwhile", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(`${space}/web`, as, bytes);
    const key = await keyOf(digest);
    await env.BLOBS.delete(key);
    await scrubAll();
    // Scrub has seen other damage than the row records, and is about to write it.
    await env.BLOBS.put(key, "x");
    let looks = 0;
    const examine: ScrubStores["examine"] = async (object) => {
      const damage = await examineObject(env.BLOBS, object);
      if (object.key === key && (looks += 1) === 2) await pushBlob(`${space}/web`, as, bytes);
      return damage;
    };
    await scrubAll({ ...SCRUB, examine });
    expect(looks).toBe(2);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });
});

describe("mending while scrub runs", () => {
  it.each(Array.from({ length: 8 }, (_, round) => round))("round %i: the blob is there at the end", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(`${space}/web`, as, bytes);
    await HARM["other bytes"](await keyOf(digest));
    await scrubAll();
    await Promise.all([
      pushBlob(`${space}/web`, as, bytes),
      pushBlob(`${space}/api`, as, bytes),
      scrubAll(),
      blob(`${space}/web`, digest).then(async (answer) => answer.arrayBuffer()),
    ]);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
    expect(await isReadable(`${space}/api`, as, digest)).toBe(true);
  });
});

async function pushBlobs(...lengths: readonly number[]): Promise<string[]> {
  const pushed: string[] = [];
  for (const length of lengths) pushed.push((await pushBlob(`${space}/web`, as, newBytes(length))).digest);
  return pushed;
}

describe("a walk", () => {
  const looked: string[] = [];
  const noting: ScrubStores = {
    ...SCRUB,
    examine: async (object) => {
      looked.push(object.digest);
      return examineObject(env.BLOBS, object);
    },
  };

  beforeEach(async () => {
    for (const table of ["repository_blobs", "blobs", "tags", "manifest_references", "manifests"]) {
      await env.DB.prepare(`DELETE FROM ${table}`).run();
    }
    await SCRUB.walks.setPosition("scrub", null);
    looked.length = 0;
  });

  it("comes to each object once, a few bytes a run", async () => {
    const digests = await pushBlobs(400, 400, 400, 400, 400);
    const runs = await scrubAll(noting, 1000);
    expect(looked.toSorted()).toEqual(digests.toSorted());
    // Runs of two, two and one; and a last one that finds no manifests.
    expect(runs).toBe(4);
  });

  it("comes to objects larger than a run as well", async () => {
    const digests = await pushBlobs(5000, 100, 100);
    await scrubAll(noting, 1000);
    expect(looked.toSorted()).toEqual(digests.toSorted());
  });

  it.each([
    ["before it looks at an object that takes long, so that being cut off there stops nothing", 5000, true],
    ["after it looked at others, so that being cut off there repeats them", 500, false],
  ])("moves on %s", async (_, length, isBefore) => {
    await pushBlobs(length, length, length);
    const duringLook: (string | null)[] = [];
    const noted: ScrubStores = {
      ...SCRUB,
      examine: async () => {
        duringLook.push(await SCRUB.walks.position("scrub"));
        return null;
      },
    };
    for (let run = 0; run < 3; run++) {
      await scrub(noted, { bytesPerRun: 700 }, Date.now());
      expect((await SCRUB.walks.position("scrub")) === duringLook.at(-1)).toBe(isBefore);
    }
    expect(duringLook).toHaveLength(3);
  });

  it("begins a day after the last one began, not before", async () => {
    const [digest = ""] = await pushBlobs(10);
    const settings = { bytesPerRun: 1000 };
    const began = Date.now();
    const runsAt = async (time: number): Promise<number> => {
      looked.length = 0;
      for (let run = 0; run < 3; run++) await scrub(noting, settings, time);
      return looked.filter((one) => one === digest).length;
    };
    expect(await runsAt(began)).toBe(1);
    expect(await runsAt(began + DAY - 1)).toBe(0);
    expect(await runsAt(began + DAY)).toBe(1);
  });

  it("goes on with each run of the cron trigger", async () => {
    const [digest = ""] = await pushBlobs(10);
    await HARM["other bytes"](await keyOf(digest));
    await worker.scheduled(createScheduledController(), env);
    expect((await blob(`${space}/web`, digest)).status).toBe(404);
  });

  it("is not begun where scrub is off", async () => {
    await pushBlobs(10);
    await scrub(noting, { bytesPerRun: 0 }, Date.now());
    expect(looked).toEqual([]);
    expect(await SCRUB.walks.position("scrub")).toBeNull();
  });

  it("is repeated from where it was, if the results of a run could not be written", async () => {
    const [digest = ""] = await pushBlobs(10);
    await HARM["other bytes"](await keyOf(digest));
    const failing = { ...noting, quarantine: { ...SCRUB.quarantine, apply: () => Promise.reject(new Error("D1")) } };
    await expect(scrub(failing, { bytesPerRun: 1000 }, Date.now())).rejects.toThrow("D1");
    await scrub(SCRUB, { bytesPerRun: 1000 }, Date.now());
    expect((await blob(`${space}/web`, digest)).status).toBe(404);
  });
});

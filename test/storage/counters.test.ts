import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collect } from "../../src/upkeep/collect.ts";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  OCI_INDEX,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { expectCountersToBeRight } from "../support/recount.ts";
import { ask, makeSpace, manage } from "../support/registry.ts";

const DAY = 86_400_000;

const usageRow = z.object({ bytes: z.int(), repositories: z.int() });

async function usageOf(space: string): Promise<z.infer<typeof usageRow>> {
  const found = env.DB.prepare("SELECT bytes, repositories FROM spaces WHERE name = ? AND deleted_at IS NULL");
  return usageRow.parse(await found.bind(space).first());
}

describe("what a space has", () => {
  it("is what its repositories link, and their manifests: each once a repository", async () => {
    const as = await makeSpace("sums");
    const { size } = await pushBlob("sums/web", as, bytesOf(1000));
    await pushBlob("sums/web", as, bytesOf(1000));
    expect(await usageOf("sums")).toEqual({ bytes: size, repositories: 1 });
    await ask(`/v2/sums/api/blobs/uploads/?mount=${await digestOf(bytesOf(1000))}&from=sums/web`, {
      method: "POST",
      as,
    });
    expect(await usageOf("sums")).toEqual({ bytes: 2 * size, repositories: 2 });
    const { text } = await pushImage("sums/web", as, "latest");
    await putManifest("sums/web", as, "again", text);
    const blobs = await env.DB.prepare("SELECT SUM(size) AS n FROM blobs").first("n");
    expect(await usageOf("sums")).toEqual({ bytes: z.int().parse(blobs) + size + text.length, repositories: 2 });
    await expectCountersToBeRight();
  });

  it("loses a deleted repository at once, and gets back one that is undeleted", async () => {
    const as = await makeSpace("undone");
    await pushImage("undone/web", as, "latest");
    const before = await usageOf("undone");
    await manage("DELETE", "spaces/undone/repositories/web");
    expect(await usageOf("undone")).toEqual({ bytes: 0, repositories: 0 });
    const undelete = env.DB.prepare(
      "UPDATE repositories SET deleted_at = NULL WHERE space_id = (SELECT id FROM spaces WHERE name = 'undone')",
    );
    await undelete.run();
    expect(await usageOf("undone")).toEqual(before);
    await expectCountersToBeRight();
  });

  it("is nothing once the space is deleted, and its successor starts afresh", async () => {
    const as = await makeSpace("again");
    await pushImage("again/web", as, "latest");
    await manage("DELETE", "spaces/again");
    await makeSpace("again");
    expect(await usageOf("again")).toEqual({ bytes: 0, repositories: 0 });
    await expectCountersToBeRight();
  });
});

describe("the migration", () => {
  it("counts what is there already", async () => {
    await pushImage("older/web", await makeSpace("older"), "latest");
    await env.DB.batch(["repositories", "spaces"].map((table) => env.DB.prepare(`UPDATE ${table} SET bytes = 7`)));
    await expect(expectCountersToBeRight()).rejects.toThrow("repositories");
    expect(await countAgain("0023")).toBe(2);
    await expectCountersToBeRight();
  });

  it("counts the tags, and what manifests need, of what is there already", async () => {
    const as = await makeSpace("older-tags");
    const image = await pushImage("older-tags/web", as, "latest");
    await putManifest("older-tags/web", as, "all", indexText([await descriptorOf(image.text)]), OCI_INDEX);
    const right = await sizes();
    await env.DB.batch([
      env.DB.prepare("UPDATE repositories SET tags = 7, pushed_at = 7"),
      env.DB.prepare("UPDATE manifests SET content_size = 7"),
    ]);
    await expect(expectCountersToBeRight()).rejects.toThrow("deeply equal");
    expect(await countAgain("0026")).toBe(5);
    await expectCountersToBeRight();
    expect(await sizes()).toEqual(right);
  });
});

async function sizes(): Promise<unknown> {
  return (await env.DB.prepare("SELECT id, content_size FROM manifests ORDER BY id").all()).results;
}

/** Runs the migration's statements on rows. Returns their number. */
async function countAgain(migration: string): Promise<number> {
  const { queries = [] } = env.TEST_MIGRATIONS.find(({ name }) => name.startsWith(migration)) ?? {};
  const counting = queries.filter((query) => /^\s*(?:--.*\s+)*UPDATE/.test(query));
  await env.DB.batch(counting.map((query) => env.DB.prepare(query)));
  return counting.length;
}

/** Makes a generator of numbers that look random and are the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each([1, 2, 3])("a random sequence of all that changes usage, seed %i", (seed) => {
  it("leaves the counters at what a count of the rows comes to", async () => {
    const random = randomOf(seed);
    const tokens = new Map<string, string>();
    for (const space of [`random${seed}-a`, `random${seed}-b`]) tokens.set(space, await makeSpace(space));
    let clock = Date.now();
    const pick = <T>(...from: readonly [T, ...T[]]): T => from[random(from.length)] ?? from[0];
    const anywhere = (): { space: string; path: string; name: string; as: string } => {
      const space = pick(`random${seed}-a`, `random${seed}-b`);
      const path = pick("web", "api", "job");
      return { space, path, name: `${space}/${path}`, as: tokens.get(space) ?? "" };
    };
    const blob = (): Promise<string> => digestOf(bytesOf(100, random(4)));
    const steps: readonly [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
      () => {
        const { name, as } = anywhere();
        return pushImage(name, as, pick("a", "b"), random(4));
      },
      () => {
        const { name, as } = anywhere();
        return imageText(name, as, random(4));
      },
      async () => {
        const { space, name, as } = anywhere();
        return ask(`/v2/${name}/blobs/uploads/?mount=${await blob()}&from=${space}/web`, { method: "POST", as });
      },
      async () => {
        const { name, as } = anywhere();
        return ask(`/v2/${name}/blobs/${await blob()}`, { method: "DELETE", as });
      },
      () => {
        const { name, as } = anywhere();
        return ask(`/v2/${name}/manifests/${pick("a", "b")}`, { method: "DELETE", as });
      },
      () => {
        const { space, path } = anywhere();
        return manage("POST", `spaces/${space}/tags:delete`, { repository: path, tags: [pick("a", "b"), "c"] });
      },
      async () => {
        const { name, as } = anywhere();
        const { headers } = await ask(`/v2/${name}/manifests/a`, { as });
        const digest = headers.get("Docker-Content-Digest") ?? "b";
        return ask(`/v2/${name}/manifests/${digest}`, { method: "DELETE", as });
      },
      async () => {
        const { space, path } = anywhere();
        if (random(3) === 0) await manage("DELETE", `spaces/${space}/repositories/${path}`);
      },
      () => {
        clock += random(3) * DAY;
        const stores = { collection: d1Collection(env.DB), objects: r2Objects(env.BLOBS) };
        return collect(stores, { grace: DAY, keepDeleted: 2 * DAY, keepBytes: 0, orphanGrace: 3_600_000 }, clock);
      },
    ];
    for (let step = 0; step < 60; step++) {
      await pick(...steps)();
      await expectCountersToBeRight();
    }
  });
});

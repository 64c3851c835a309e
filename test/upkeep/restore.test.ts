import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collect } from "../../src/upkeep/collect.ts";
import {
  bytesOf,
  digestOf,
  imageText,
  padded,
  pushBlob,
  pushImage,
  putManifest,
  startSession,
} from "../support/content.ts";
import { ask, makeSpace } from "../support/registry.ts";
import { restoreSnapshot, takeSnapshot } from "../support/snapshot.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SETTINGS = { grace: HOUR, keepDeleted: 0, keepBytes: 7 * DAY, orphanGrace: HOUR };

let spaces = 0;
let seeds = 5000;
let repository = "";
let as = "";
let clock = Date.now();

beforeEach(async () => {
  spaces += 1;
  as = await makeSpace(`restored${spaces}`);
  repository = `restored${spaces}/web`;
  clock = Date.now();
});

/** Runs upkeep for this time, less often than the cron trigger does. */
async function upkeepFor(time: number): Promise<void> {
  const end = clock + time;
  for (; clock < end; clock = Math.min(end, clock + DAY)) await run();
  await run();
}

function run(): Promise<void> {
  return collect({ collection: d1Collection(env.DB), objects: r2Objects(env.BLOBS) }, SETTINGS, clock);
}

const newSeed = (): number => (seeds += 1);

const keyRow = z.object({ key: z.string() });

async function keyOf(table: "blobs" | "manifests", digest: string): Promise<string> {
  return keyRow.parse(await env.DB.prepare(`SELECT key FROM ${table} WHERE digest = ?`).bind(digest).first()).key;
}

async function isStored(key: string): Promise<boolean> {
  return (await env.BLOBS.head(key)) !== null;
}

const image = z.object({ config: z.object({ digest: z.string() }), layers: z.array(z.object({ digest: z.string() })) });

/** Pulls a tag as a client does: the manifest, and the bytes of everything that it names, each by its digest. */
async function pull(tag: string): Promise<readonly string[]> {
  const answer = await ask(`/v2/${repository}/manifests/${tag}`, { as });
  const text = await answer.text();
  if (answer.status !== 200) return [`${tag}: ${answer.status}`];
  const { config, layers } = image.parse(JSON.parse(text));
  const read = async (digest: string): Promise<string> => {
    const blob = await ask(`/v2/${repository}/blobs/${digest}`, { as });
    return blob.status === 200 ? digestOf(new Uint8Array(await blob.arrayBuffer())) : `${digest}: ${blob.status}`;
  };
  return [await digestOf(text), ...(await Promise.all([config, ...layers].map(({ digest }) => read(digest))))];
}

async function pushLong(tag: string): Promise<readonly string[]> {
  const text = padded(await imageText(repository, as, newSeed()), 1_000_000);
  const answer = await putManifest(repository, as, tag, text);
  if (answer.status !== 201) throw new Error(`pushing a long manifest answered ${answer.status}`);
  return pull(tag);
}

async function remove(digest: string | undefined): Promise<void> {
  expect((await ask(`/v2/${repository}/manifests/${digest}`, { method: "DELETE", as })).status).toBe(202);
}

async function pushSmall(tag: string): Promise<readonly string[]> {
  await pushImage(repository, as, tag, newSeed());
  return pull(tag);
}

describe("bytes that no row points to any more", () => {
  it("are kept for as long as the setting says, and then go", async () => {
    const { digest } = await pushBlob(repository, as, bytesOf(100, newSeed()));
    const key = await keyOf("blobs", digest);
    await upkeepFor(2 * DAY);
    expect(await env.DB.prepare("SELECT 1 FROM blobs WHERE digest = ?").bind(digest).first()).toBeNull();
    await upkeepFor(4 * DAY);
    expect(await isStored(key)).toBe(true);
    await upkeepFor(5 * DAY);
    expect(await isStored(key)).toBe(false);
  });
});

describe("the database, restored to an earlier moment", () => {
  it("has lost nothing that was acknowledged before, and upkeep goes on to keep it", async () => {
    const [short, long] = [await pushSmall("short"), await pushLong("long")];
    const moment = await takeSnapshot();
    await remove(short[0]);
    await remove(long[0]);
    const later = await pushSmall("later");
    await upkeepFor(6 * DAY);
    expect([await pull("short"), await pull("long")]).toEqual([["short: 404"], ["long: 404"]]);

    await restoreSnapshot(moment);
    expect([await pull("short"), await pull("long")]).toEqual([short, long]);
    await upkeepFor(30 * DAY);
    expect([await pull("short"), await pull("long")]).toEqual([short, long]);
    expect(later).toHaveLength(3);
    expect(await pull("later")).toEqual(["later: 404"]);
  });

  it("can be brought forward again: what came after that moment is there still", async () => {
    const moment = await takeSnapshot();
    const [short, long] = [await pushSmall("short"), await pushLong("long")];
    const present = await takeSnapshot();
    await restoreSnapshot(moment);
    await upkeepFor(6 * DAY);
    await restoreSnapshot(present);
    expect([await pull("short"), await pull("long")]).toEqual([short, long]);
    await upkeepFor(30 * DAY);
    expect([await pull("short"), await pull("long")]).toEqual([short, long]);
  });

  it("leaves in the end only the bytes that its rows point to", async () => {
    const moment = await takeSnapshot();
    await pushSmall("short");
    const keys = new Set((await env.BLOBS.list()).objects.map(({ key }) => key));
    await restoreSnapshot(moment);
    await upkeepFor(30 * DAY);
    const { results } = await env.DB.prepare(
      "SELECT key FROM blobs UNION SELECT key FROM manifests WHERE key IS NOT NULL",
    ).all();
    const claimed = z
      .array(keyRow)
      .parse(results)
      .map(({ key }) => key);
    const left = (await env.BLOBS.list()).objects.map(({ key }) => key);
    expect(left.filter((key) => keys.has(key)).toSorted()).toEqual(claimed.toSorted());
  });

  it("keeps bytes that its rows point to, even where they were condemned since", async () => {
    const [short, long] = [await pushSmall("short"), await pushLong("long")];
    const moment = await takeSnapshot();
    await remove(short[0]);
    await remove(long[0]);
    await upkeepFor(5 * DAY);
    // Acts like a backup of rows that is loaded into a database with upkeep's present rows.
    await restoreSnapshot(moment, ["condemned", "walks"]);
    await upkeepFor(30 * DAY);
    expect([await pull("short"), await pull("long")]).toEqual([short, long]);
  });

  it("finds bytes that lost to others in an upload which was finished again", async () => {
    const bytes = bytesOf(6 * 1024 * 1024, newSeed());
    const digest = await digestOf(bytes);
    const location = await startSession(repository, as);
    await ask(location, { method: "PATCH", as, body: bytes });
    const finish = async (): Promise<number> =>
      (await ask(`${location}?digest=${digest}`, { method: "PUT", as })).status;
    expect(await finish()).toBe(201);
    const key = await keyOf("blobs", digest);
    const moment = await takeSnapshot();
    await upkeepFor(2 * DAY);
    await pushBlob(repository, as, bytes);
    expect(await keyOf("blobs", digest)).not.toBe(key);
    expect(await finish()).toBe(201);
    await upkeepFor(2 * DAY);
    await restoreSnapshot(moment);
    const blob = await ask(`/v2/${repository}/blobs/${digest}`, { as });
    expect([blob.status, await digestOf(new Uint8Array(await blob.arrayBuffer()))]).toEqual([200, digest]);
  });
});

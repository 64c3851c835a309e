import { env } from "cloudflare:workers";
import { afterAll, beforeAll, vi } from "vitest";
import * as z from "zod";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { d1Quarantine } from "../../src/storage/d1/upkeep/quarantine.ts";
import { examineObject } from "../../src/storage/r2/digest-object.ts";
import { scrub } from "../../src/upkeep/scrub.ts";
import type { ScrubStores } from "../../src/upkeep/scrub-stores.ts";
import { manage } from "./registry.ts";

export const SCRUB: ScrubStores = {
  walks: d1Collection(env.DB),
  quarantine: d1Quarantine(env.DB),
  examine: (object) => examineObject(env.BLOBS, object),
};

/** Hides the log in the tests of a file: it tells of everything that is quarantined, released or unreadable. */
export function hideLog(): void {
  beforeAll(() => {
    vi.spyOn(console, "error").mockReturnValue(undefined);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}

const keyRow = z.object({ key: z.string() });

/** Returns the key of the object that a blob's row points to. */
export async function keyOf(digest: string, table: "blobs" | "manifests" = "blobs"): Promise<string> {
  return keyRow.parse(await env.DB.prepare(`SELECT key FROM ${table} WHERE digest = ?`).bind(digest).first()).key;
}

/** The kinds of harm that can happen to an object behind the registry's back. */
export const HARM = {
  "other bytes": async (key: string): Promise<void> => {
    const bytes = await (await env.BLOBS.get(key))?.bytes();
    if (bytes === undefined) throw new Error(`there is no ${key}`);
    await env.BLOBS.put(
      key,
      bytes.map((byte) => byte ^ 1),
    );
  },
  "fewer bytes": async (key: string): Promise<void> => {
    const bytes = await (await env.BLOBS.get(key))?.bytes();
    if (bytes === undefined) throw new Error(`there is no ${key}`);
    await env.BLOBS.put(key, bytes.subarray(0, bytes.length / 2));
  },
  "no object": (key: string): Promise<void> => env.BLOBS.delete(key),
};

/** Makes a whole walk of scrub, in as many runs as it takes. Returns their number. */
export async function scrubAll(stores = SCRUB, bytesPerRun = 256_000_000): Promise<number> {
  await stores.walks.setPosition("scrub", null);
  const now = Date.now();
  for (let runs = 1; runs < 1000; runs++) {
    await scrub(stores, { bytesPerRun }, now);
    if ((await stores.walks.position("scrub"))?.includes('"kind":null')) return runs;
  }
  throw new Error("the walk does not end");
}

const damagedList = z.object({
  items: z.array(
    z.strictObject({
      kind: z.string(),
      digest: z.string(),
      repository: z.string(),
      size: z.int(),
      damage: z.string(),
      since: z.iso.datetime(),
      tags: z.array(z.string()),
    }),
  ),
  next: z.string().nullable(),
});

export type DamagedList = z.infer<typeof damagedList>;

/** Returns the damaged content as the management API lists it. */
export async function damagedOf(space: string, query = ""): Promise<DamagedList> {
  return damagedList.parse(await (await manage("GET", `spaces/${space}/damaged${query}`)).json());
}

const damageBody = z.object({
  errors: z.tuple([z.object({ code: z.string(), message: z.string(), detail: z.unknown() })]),
});

/** Returns status, code and detail of an error. Fails unless its sentence says what to do. */
export async function damageOf(answer: Response): Promise<readonly unknown[]> {
  const [{ code, message, detail }] = damageBody.parse(await answer.json()).errors;
  return [answer.status, code, detail, message.includes("push it")];
}

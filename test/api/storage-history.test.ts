import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { d1StorageDays } from "../../src/storage/d1/management/storage-days.ts";
import { noteStorage } from "../../src/upkeep/note-storage.ts";
import { bytesOf, pushBlob } from "../support/content.ts";
import { makeSpace, manage, nextSpace } from "../support/registry.ts";

const DAY = 86_400_000;
const FIRST = Date.parse("2030-02-27T00:04:00Z");

const answer = z.strictObject({
  items: z.array(z.strictObject({ day: z.string(), bytes: z.int(), repositories: z.int() })),
  next: z.string().nullable(),
});

let space: string;
let as: string;

beforeEach(async () => {
  await env.DB.prepare("DELETE FROM storage_days").run();
  ({ space, as } = await nextSpace("days"));
});

async function history(query = ""): Promise<z.infer<typeof answer>> {
  return answer.parse(await (await manage("GET", `spaces/${space}/storage/history${query}`)).json());
}

function note(at: number): Promise<void> {
  return noteStorage(d1StorageDays(env.DB), at);
}

describe("what a space stored, day by day", () => {
  it("is nothing before its first night", async () => {
    expect(await history()).toEqual({ items: [], next: null });
  });

  it("is noted once a day, whenever the first run comes, and told from the last day on", async () => {
    await pushBlob(`${space}/web`, as, bytesOf(1000, 1));
    await note(FIRST);
    await pushBlob(`${space}/api`, as, bytesOf(500, 2));
    // Later on the same day, the figures stay.
    await note(FIRST + DAY - 300_000);
    await note(FIRST + 2 * DAY);
    expect(await history()).toEqual({
      items: [
        { day: "2030-03-01", bytes: 1500, repositories: 2 },
        { day: "2030-02-27", bytes: 1000, repositories: 1 },
      ],
      next: null,
    });
  });

  it("comes in pages", async () => {
    for (let day = 0; day < 3; day++) await note(FIRST + day * DAY);
    const first = await history("?limit=2");
    expect([first.items.map(({ day }) => day), first.next]).toEqual([["2030-03-01", "2030-02-28"], "2030-02-28"]);
    const second = await history("?limit=2&cursor=2030-02-28");
    expect([second.items.map(({ day }) => day), second.next]).toEqual([["2030-02-27"], null]);
  });

  it("is kept for 400 days", async () => {
    for (const day of [0, 1, 400, 401]) await note(FIRST + day * DAY);
    expect((await history()).items.map(({ day }) => day)).toEqual(["2031-04-04", "2031-04-03", "2030-02-28"]);
  });

  it("goes with the space, and is not its successor's", async () => {
    await note(FIRST);
    expect((await history()).items).toHaveLength(1);
    await manage("DELETE", `spaces/${space}`);
    expect((await manage("GET", `spaces/${space}/storage/history`)).status).toBe(404);
    await makeSpace(space);
    expect((await history()).items).toEqual([]);
    await note(FIRST + DAY);
    expect((await history()).items).toHaveLength(1);
    const ended = "SELECT 1 FROM storage_days d JOIN spaces s ON s.id = d.space_id WHERE s.deleted_at IS NOT NULL";
    expect((await env.DB.prepare(ended).all()).results).toEqual([]);
  });
});

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { noteAct } from "../../src/api/activity.ts";
import { d1Activity } from "../../src/storage/d1/management/activity.ts";
import { d1Forgetting } from "../../src/storage/d1/upkeep/forgetting.ts";
import { signIn } from "../support/console.ts";
import { pushImage } from "../support/content.ts";
import { makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { administratorOf, ask, makeSpace, makeToken, manage, nextSpace } from "../support/registry.ts";

const activityShape = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.strictObject({ id: z.string(), name: z.string() }),
  action: z.string(),
  subject: z.string().nullable(),
  name: z.string().nullable(),
  repository: z.string().nullable(),
  reference: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()).nullable(),
});
type Activity = z.infer<typeof activityShape>;

const page = z.strictObject({ items: z.array(activityShape), next: z.string().nullable() });

let space: string;
let as: string;

beforeEach(async () => {
  ({ space, as } = await nextSpace("acts"));
});

async function list(query = "", path = `spaces/${space}/activity`): Promise<z.infer<typeof page>> {
  return page.parse(await (await manage("GET", `${path}${query}`)).json());
}

async function actions(query = ""): Promise<readonly string[]> {
  return (await list(query)).items.map(({ action }) => action);
}

/** Returns a whole list, in pages of this size. */
async function walk(limit: number, filter = ""): Promise<readonly Activity[]> {
  const items: Activity[] = [];
  let cursor = "";
  for (let pages = 0; pages < 100; pages++) {
    const part = await list(`?limit=${limit}${filter}${cursor}`);
    expect(part.items.length).toBeLessThanOrEqual(limit);
    items.push(...part.items);
    if (part.next === null) return items;
    cursor = `&cursor=${part.next}`;
  }
  throw new Error("the list has no end");
}

/** Orders by time, newest first; the acts of one push have no order of their own. */
function byTime(left: Activity, right: Activity): number {
  return right.at.localeCompare(left.at) || right.action.localeCompare(left.action);
}

describe("a space's activity", () => {
  it("says who made and revoked which token, and nothing of its secret", async () => {
    const keeper = await makeToken(space, { name: "keeper", actions: ["admin"] });
    const body = { name: "ci", actions: ["pull"], repositories: ["web/*"], expiresIn: 3600 };
    const answer = await manage("POST", `spaces/${space}/tokens`, body, keeper.token);
    const { id, token } = z.object({ id: z.string(), token: z.string() }).parse(await answer.json());
    await manage("DELETE", `spaces/${space}/tokens/${id}`, undefined, keeper.token);
    const { items } = await list();
    expect(items.slice(0, 2)).toMatchObject([
      { action: "token.revoked", actor: { id: keeper.id, name: "keeper" }, subject: id, name: "ci", detail: null },
      {
        action: "token.created",
        actor: { id: keeper.id, name: "keeper" },
        subject: id,
        name: "ci",
        detail: { actions: ["pull"], repositories: ["web/*"], expiresIn: 3600 },
      },
    ]);
    expect(items.at(-1)).toMatchObject({
      action: "token.created",
      actor: { id: "administrator", name: "administrator" },
    });
    expect(JSON.stringify(items)).not.toContain(token);
  });

  it("has pushes and deletions among it, the newest first", async () => {
    const { digest } = await pushImage(`${space}/web`, as, "latest");
    await manage("PATCH", `spaces/${space}/repositories/web`, { public: true });
    await ask(`/v2/${space}/web/manifests/latest`, { method: "DELETE", as });
    const items = (await list()).items.toSorted(byTime);
    expect(items.map(({ action }) => action)).toEqual([
      "tag.deleted",
      "repository.changed",
      "tag.created",
      "manifest.pushed",
      "token.created",
    ]);
    expect(items).toMatchObject([
      { repository: "web", reference: "latest", actor: { name: "test" }, id: expect.stringMatching(/^evt_/) },
      { repository: "web", reference: null, detail: { public: true }, id: expect.stringMatching(/^act_/) },
      { repository: "web", reference: "latest" },
      { repository: "web", reference: digest },
      {},
    ]);
  });

  it("notes every change of what the space is made of", async () => {
    receive(() => new Response());
    await pushImage(`${space}/web`, as, "latest", 1);
    await pushImage(`${space}/web`, as, "latest", 2);
    const made = async (path: string, body: object): Promise<string> =>
      z.object({ id: z.string() }).parse(await (await manage("POST", `spaces/${space}/${path}`, body)).json()).id;
    const target = await makeTarget(space, "https://receiver.example.com/");
    const trigger = await makeTrigger(space, [target.id]);
    const rule = await made("retention-rules", { name: "builds", keep: { newest: 3 } });
    const steps: readonly (readonly [string, string, object?])[] = [
      ["PATCH", "", { quota: { bytes: 1_000_000_000 } }],
      ["POST", `/triggers/${trigger.id}/disable`],
      ["POST", `/triggers/${trigger.id}/enable`],
      ["POST", `/triggers/${trigger.id}/test`, {}],
      ["POST", `/triggers/${trigger.id}/replay`, { since: "2030-01-01T00:00:00Z" }],
      ["DELETE", `/triggers/${trigger.id}`],
      ["POST", `/targets/${target.id}/disable`],
      ["POST", `/targets/${target.id}/enable`],
      ["POST", `/targets/${target.id}/rotate-secret`, {}],
      ["DELETE", `/targets/${target.id}`],
      ["PATCH", `/retention-rules/${rule}`, { enabled: false }],
      ["DELETE", `/retention-rules/${rule}`],
      ["POST", "/tags:revert", { repository: "web", tag: "latest" }],
      ["DELETE", "/repositories/web"],
      ["POST", "/deleted:undelete", { repository: "web" }],
    ];
    for (const [method, path, body] of steps) {
      const { status } = await manage(method, `spaces/${space}${path}`, body);
      expect(status, `${method} ${path}`).toBeLessThan(300);
    }
    const { items } = await list();
    const acts = items.filter(({ id }) => id.startsWith("act_"));
    expect(acts.map(({ action }) => action).toReversed()).toEqual([
      "token.created",
      "target.created",
      "trigger.created",
      "retention.created",
      "space.changed",
      "trigger.disabled",
      "trigger.enabled",
      "trigger.tested",
      "trigger.replayed",
      "trigger.deleted",
      "target.disabled",
      "target.enabled",
      "target.secret-changed",
      "target.deleted",
      "retention.changed",
      "retention.deleted",
      "tag.reverted",
      "repository.deleted",
      "repository.undeleted",
    ]);
    expect(acts.find(({ action }) => action === "target.deleted")).toMatchObject({ subject: target.id, name: "hook" });
    expect(JSON.stringify(items)).not.toContain(target.secret);
  });

  it("notes nothing of what was refused", async () => {
    const before = await actions();
    expect((await manage("DELETE", `spaces/${space}/tokens/tok_0`)).status).toBe(404);
    expect((await manage("POST", `spaces/${space}/tokens`, { name: "x" })).status).toBe(400);
    expect((await manage("PATCH", `spaces/${space}/repositories/none`, { public: true })).status).toBe(404);
    expect((await manage("POST", `spaces/${space}/tags:revert`, { repository: "none", tag: "x" })).status).toBe(404);
    expect(await actions()).toEqual(before);
  });

  it("notes who signed in to the console", async () => {
    const keeper = await makeToken(space, { name: "keeper", actions: ["admin"] });
    await signIn(keeper.token);
    expect((await list()).items[0]).toMatchObject({
      action: "session.began",
      actor: { id: keeper.id, name: "keeper" },
    });
  });

  it.each([1, 2, 3, 1000])("comes to everything once, in pages of %i", async (limit) => {
    await pushImage(`${space}/web`, as, "a");
    for (const name of ["x", "y"]) await makeToken(space, { name });
    await pushImage(`${space}/web`, as, "b");
    await manage("PATCH", `spaces/${space}`, { public: true });
    const { items } = await list();
    expect(items).toHaveLength(7);
    expect([items[0]?.action, items.at(-1)?.action]).toEqual(["space.changed", "token.created"]);
    expect(await walk(limit)).toEqual(items);
  });

  it("is narrowed to one actor, and to one kind of thing", async () => {
    const keeper = await makeToken(space, { name: "keeper", actions: ["admin", "pull", "push"] });
    await pushImage(`${space}/web`, keeper.token, "a");
    await pushImage(`${space}/web`, as, "b");
    await manage("PATCH", `spaces/${space}`, { public: true }, keeper.token);
    const own = (await actions(`?actor=${keeper.id}`)).toSorted();
    expect(own).toEqual(["manifest.pushed", "space.changed", "tag.created"]);
    expect(await actions("?kind=token")).toEqual(["token.created", "token.created"]);
    expect(await actions(`?kind=tag&actor=${keeper.id}`)).toEqual(["tag.created"]);
    expect((await walk(1, `&kind=tag`)).map(({ reference }) => reference)).toEqual(["b", "a"]);
    expect(await actions("?actor=nobody")).toEqual([]);
  });

  it("looks at a bounded number of rows at a time for what a filter lets through", async () => {
    const one = await d1Activity(env.DB).ofSpace(
      administratorOf(space),
      { actor: null, kind: null },
      { limit: 1, last: null },
    );
    expect(one.entries).toHaveLength(1);
    await env.DB.prepare(
      `INSERT INTO activity (id, space_id, actor, action, occurred_at)
       SELECT 'act_f' || printf('%031d', value), (SELECT id FROM spaces WHERE name = ?1), 'x', 'space.changed', 0
       FROM json_each(?2)`,
    )
      .bind(space, JSON.stringify(Array.from({ length: 1200 }, (_, index) => index)))
      .run();
    // Acts that are older than the window's end come once, in their own part.
    await pushImage(`${space}/web`, as, "old");
    expect((await walk(100, "&kind=manifest")).map(({ action }) => action)).toEqual(["manifest.pushed"]);
    const ends: (string | null)[] = [];
    const found: string[] = [];
    for (let last: string | null = null; ends.at(-1) !== null && ends.length < 10; last = ends.at(-1) ?? null) {
      const filter = { actor: null, kind: "token" } as const;
      const part = await d1Activity(env.DB).ofSpace(administratorOf(space), filter, { limit: 100, last });
      found.push(...part.entries.map(({ action }) => action));
      ends.push(part.next);
    }
    // There are 500, 500, and the rest.
    expect([ends.length, found]).toEqual([3, ["token.created"]]);
  });

  it("is not that of another space, nor of one that had the name before", async () => {
    const other = await nextSpace("acts");
    await makeToken(other.space, { name: "foreign" });
    expect(JSON.stringify(await list())).not.toContain("foreign");
    await manage("DELETE", `spaces/${space}`);
    expect((await manage("GET", `spaces/${space}/activity`)).status).toBe(404);
    await makeSpace(space);
    expect(await actions()).toEqual(["token.created"]);
  });

  it.each(["?kind=nothing", "?limit=0", "?other=1"])("refuses %s", async (query) => {
    expect((await manage("GET", `spaces/${space}/activity${query}`)).status).toBe(400);
  });
});

describe("the installation's activity", () => {
  it("says who made and deleted which space, and which administrators signed in", async () => {
    await signIn(env.ADMIN_TOKEN);
    const keeper = await makeToken(space, { name: "keeper", actions: ["admin"] });
    await manage("DELETE", `spaces/${space}`, undefined, keeper.token);
    const { items } = await list("?limit=3", "activity");
    expect(items).toMatchObject([
      { action: "space.deleted", name: space, actor: { id: keeper.id, name: "keeper" } },
      { action: "session.began", actor: { id: "administrator" } },
      { action: "space.created", name: space, actor: { id: "administrator" }, detail: { public: false } },
    ]);
    expect((await list("?kind=session&limit=1", "activity")).items).toMatchObject([{ action: "session.began" }]);
  });
});

describe("an act that cannot be noted", () => {
  it("is in the log, and fails nothing", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const activity = d1Activity(env.DB);
    vi.spyOn(activity, "note").mockRejectedValue(new Error("the database is busy"));
    await noteAct({ activity }, administratorOf(space), { actor: "x", action: "space.changed" });
    expect(String(log.mock.calls)).toContain("the database is busy");
    log.mockRestore();
  });
});

describe("old activity", () => {
  it("is forgotten, the oldest first, a bounded number at a time", async () => {
    await env.DB.prepare("DELETE FROM activity").run();
    const store = d1Activity(env.DB);
    for (const name of ["a", "b", "c"])
      await store.note(administratorOf(space), { actor: "x", action: "space.changed", name }, 0);
    const later = Date.now() + 60_000;
    await d1Forgetting(env.DB).forgetActivity({ now: later, cutoff: 0, limit: 2 });
    expect((await list()).items).toHaveLength(3);
    await d1Forgetting(env.DB).forgetActivity({ now: later, cutoff: later, limit: 2 });
    expect((await list()).items).toHaveLength(1);
  });
});

/** Tests an installation in which a company worked and everything was deleted: none of its rows stays. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Env } from "../../src/env.ts";
import { processMessage } from "../../src/events/process.ts";
import { DAY, type MovedClock, startClock } from "../support/clock.ts";
import { descriptorOf, digestOf, imageText, newSeed, putManifest, pushImage } from "../support/content.ts";
import { deliveriesOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import {
  BROKEN,
  drain,
  event,
  OK,
  openWorkshop,
  processingOf,
  pushAndDeliver,
  type Workshop,
} from "../support/processing.ts";
import { ask, makeToken, manage } from "../support/registry.ts";
import { bindingsInTime, objectKeys, runUpkeep } from "../support/upkeep.ts";

/** The tables with rows that stay in an installation from which everything was deleted, with the reasons. */
const STAYING: Readonly<Record<string, string>> = {
  d1_migrations: "which migrations were applied",
  walks: "how far upkeep has come: a row a walk, however much there is to walk over",
};

/** All tables except counters, which keep a past id from being given again, and those that the simulator keeps for itself. */
const TABLES = `
  SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' ORDER BY name`;

let shop: Workshop;
let clock: MovedClock;
let bindings: Env;

beforeEach(async () => {
  clock = startClock();
  bindings = { ...bindingsInTime(clock), KEEP_EVENTS_DAYS: "10" };
  shop = await openWorkshop("company");
});

afterEach(() => clock.stop());

async function rowsByTable(): Promise<Readonly<Record<string, number>>> {
  const names = z.array(z.object({ name: z.string() })).parse((await env.DB.prepare(TABLES).all()).results);
  const counts = await Promise.all(
    names.map(
      async ({ name }) => [name, Number(await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${name}`).first("n"))] as const,
    ),
  );
  return Object.fromEntries(counts.filter(([name, count]) => count > 0 && !Object.hasOwn(STAYING, name)));
}

/** Lets days pass, with upkeep as often as matters. */
async function live(days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    clock.advance(DAY);
    shop.clock = clock.now();
    await runUpkeep(bindings);
    await takeAll();
  }
}

/** Processes all waiting events, and attempts the deliveries that are due. */
async function takeAll(): Promise<void> {
  const { results } = await env.DB.prepare("SELECT id FROM events WHERE sent_at IS NULL").all();
  for (const { id } of z.array(z.object({ id: z.string() })).parse(results)) {
    await processMessage(processingOf(shop), event(id));
  }
  await drain(shop);
  const due = await env.DB.prepare("SELECT id FROM deliveries WHERE status IN ('pending', 'running')").all();
  for (const { id } of z.array(z.object({ id: z.string() })).parse(due.results)) {
    await processMessage(processingOf(shop), { kind: "delivery", id });
  }
}

/** Does something of everything that leaves rows. */
async function work(): Promise<void> {
  const { space, as } = shop;
  const hook = await makeTarget(space, "https://receiver.example.com/hook");
  const chat = await makeTarget(space, "https://chat.example.com/hook", { name: "chat", deploys: false });
  await makeTrigger(space, [hook.id, chat.id]);
  const idle = await makeTrigger(space, [hook.id], { tag: { type: "glob", value: "never" } });
  await manage("POST", `spaces/${space}/retention-rules`, { repositories: ["**"], keep: { newest: 5 }, confirm: true });
  for (let day = 0; day < 3; day++) {
    for (const path of ["web", "api"]) await pushAndDeliver(shop, path, `1.${day}`, newSeed());
    await live(1);
  }
  shop.answer = () => BROKEN;
  await pushAndDeliver(shop, "web", "2.0", newSeed());
  shop.answer = () => OK;
  const image = await imageText(`${space}/web`, as, newSeed());
  await putManifest(`${space}/web`, as, "signed", image);
  const referrer = await imageText(`${space}/web`, as, newSeed(), { subject: await descriptorOf(image) });
  await putManifest(`${space}/web`, as, await digestOf(referrer), referrer);
  await ask(`/v2/${space}/web/manifests/1.0`, { method: "DELETE", as });
  const guest = await makeToken(space, { name: "guest" });
  await pushImage(`${space}/other`, guest.token, "latest", newSeed());
  await manage("DELETE", `spaces/${space}/tokens/${guest.id}`);
  await makeToken(space, { name: "short", expiresIn: 3600 });
  await manage("DELETE", `spaces/${space}/repositories/other`);
  await manage("DELETE", `spaces/${space}/triggers/${idle.id}`);
  await manage("DELETE", `spaces/${space}/targets/${chat.id}`);
  await takeAll();
}

describe("an installation from which everything was deleted", () => {
  it("has no row left, in any table, and no object", async () => {
    await work();
    const full = await rowsByTable();
    // Each of these tables must have had rows to lose.
    for (const table of [
      "deployed",
      "deliveries",
      "attempts",
      "events",
      "activity",
      "targets",
      "tokens",
      "storage_days",
    ]) {
      expect(full, table).toHaveProperty(table);
    }
    expect((await manage("DELETE", `spaces/${shop.space}`)).status).toBe(204);
    await live(40);
    expect(await rowsByTable()).toEqual({});
    expect(await objectKeys()).toEqual(new Set());
  });

  it("gives nobody from before anything, when the names are given again", async () => {
    await work();
    const { space, as } = shop;
    const login = { Authorization: `Basic ${btoa(`u:${as}`)}` };
    const scope = `repository:${space}/web:pull`;
    const wish = { grant_type: "password", service: "x", scope, username: "u", password: as, access_type: "offline" };
    const answer = await ask("/token", { method: "POST", body: new URLSearchParams(wish) });
    const old = z.object({ token: z.string(), refresh_token: z.string() }).parse(await answer.json());
    await manage("DELETE", `spaces/${space}`);
    await live(40);
    await manage("POST", "spaces", { name: space });
    const { token } = await makeToken(space);
    await pushImage(`${space}/web`, token, "1.0", newSeed());
    const seen = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await ask(`/v2/${space}/web/manifests/1.0`, { headers })).status;
    expect(await seen(login)).toBe(401);
    expect(await seen({ Authorization: `Bearer ${old.token}` })).toBe(401);
    const body = new URLSearchParams({ grant_type: "refresh_token", service: "x", scope, ...old });
    expect((await ask("/token", { method: "POST", body })).status).toBe(401);
    expect(await deliveriesOf(space)).toEqual([]);
  });
});

describe("what has ended in a space that is there", () => {
  it("goes, and what is told of it keeps its names", async () => {
    const { space } = shop;
    const guest = await makeToken(space, { name: "guest" });
    await pushImage(`${space}/web`, guest.token, "1.0", newSeed());
    await takeAll();
    await manage("DELETE", `spaces/${space}/tokens/${guest.id}`);
    await live(12);
    expect(await env.DB.prepare("SELECT 1 FROM tokens WHERE id = ?").bind(guest.id).first()).toBeNull();
    const tags = await (await manage("GET", `spaces/${space}/repositories/web/tags`)).text();
    const listed = await (await manage("GET", `spaces/${space}/events`)).text();
    expect([tags, listed].map((text) => text.includes('"guest"'))).toEqual([true, true]);
  });

  it("leaves the way from a token to what is to be revoked with it", async () => {
    const { space } = shop;
    const make = async (as: string | undefined, name: string): Promise<{ id: string; token: string }> => {
      const answer = await manage(
        "POST",
        `spaces/${space}/tokens`,
        { name, actions: ["admin"], repositories: ["**"] },
        as,
      );
      return z.object({ id: z.string(), token: z.string() }).parse(await answer.json());
    };
    const first = await make(undefined, "first");
    const middle = await make(first.token, "middle");
    const last = await make(middle.token, "last");
    await manage("DELETE", `spaces/${space}/tokens/${middle.id}`);
    await live(12);
    await manage("DELETE", `spaces/${space}/tokens/${first.id}?descendants=true`);
    expect((await manage("GET", "whoami", undefined, last.token)).status).toBe(401);
    await live(15);
    expect(
      await env.DB.prepare("SELECT name FROM tokens WHERE name IN ('first', 'middle', 'last')").first(),
    ).toBeNull();
  });

  it("stays as long as something refers to it", async () => {
    const { space } = shop;
    const { id } = await makeTarget(space, "https://receiver.example.com/hook");
    await makeTrigger(space, [id]);
    await pushAndDeliver(shop, "web", "1.0", newSeed());
    await env.DB.prepare("UPDATE deliveries SET status = 'running', next_attempt_at = 9e15, finished_at = NULL").run();
    await manage("DELETE", `spaces/${space}/targets/${id}`);
    clock.advance(12 * DAY);
    await runUpkeep(bindings);
    expect(await env.DB.prepare("SELECT 1 FROM targets WHERE id = ?").bind(id).first()).not.toBeNull();
  });
});

/** Tests calls of the event stores whose right ends after it was granted: the statement itself checks it. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { authorizeSpace } from "../../src/auth/authorize.ts";
import type { SpaceGrant } from "../../src/auth/space-grant.ts";
import type { EventStores } from "../../src/events/stores.ts";
import { BROKEN, event, openWorkshop, processingOf, pushTo } from "../support/processing.ts";
import { processMessage } from "../../src/events/process.ts";
import { administratorOf, makeSpace, makeToken, manage } from "../support/registry.ts";

interface Ids {
  readonly target: string;
  readonly trigger: string;
  readonly delivery: string;
  readonly event: string;
}

type Call = (stores: EventStores, grant: SpaceGrant, ids: Ids) => Promise<unknown>;

const PAGE = { limit: 10, last: null };
const NEW = { name: "late", enabled: true, createdAt: 1 };
const TARGET = {
  ...NEW,
  type: "standard-webhook",
  url: "https://late.example",
  config: {},
  deploys: true,
  hasSecret: true,
  disabledReason: null,
  failingSince: null,
};
const TRIGGER = { ...NEW, rules: null, targets: [] };
const UPDATE = { name: "late", address: undefined, config: undefined, deploys: undefined, secret: undefined };

const CALLS: Readonly<Record<string, Call>> = {
  "outbox.list": ({ outbox }, grant) => outbox.list(grant, { pushesOnly: false }, PAGE),
  "outbox.listed": ({ outbox }, grant, ids) => outbox.listed(grant, ids.event),
  "targets.create": ({ targets }, grant) =>
    targets.create(grant, { ...TARGET, id: `tgt_${crypto.randomUUID()}` }, TARGET.url, null),
  "targets.open": ({ targets }, grant, ids) => targets.open(grant, ids.target),
  "targets.find": ({ targets }, grant, ids) => targets.find(grant, ids.target),
  "targets.list": ({ targets }, grant) => targets.list(grant, PAGE),
  "targets.update": ({ targets }, grant, ids) => targets.update(grant, ids.target, UPDATE),
  "targets.setEnabled": ({ targets }, grant, ids) => targets.setEnabled(grant, ids.target, false),
  "targets.rotateSecret": ({ targets }, grant, ids) => targets.rotateSecret(grant, ids.target, "another", 1),
  "targets.delete": ({ targets }, grant, ids) => targets.delete(grant, ids.target, "late"),
  "targets.known": ({ targets }, grant, ids) => targets.known(grant, [ids.target]),
  "triggers.create": ({ triggers }, grant) => triggers.create(grant, { ...TRIGGER, id: `trg_${crypto.randomUUID()}` }),
  "triggers.update": ({ triggers }, grant, ids) => triggers.update(grant, { ...TRIGGER, id: ids.trigger }),
  "triggers.find": ({ triggers }, grant, ids) => triggers.find(grant, ids.trigger),
  "triggers.list": ({ triggers }, grant) => triggers.list(grant, PAGE),
  "triggers.setEnabled": ({ triggers }, grant, ids) => triggers.setEnabled(grant, ids.trigger, false, "late"),
  "triggers.delete": ({ triggers }, grant, ids) => triggers.delete(grant, ids.trigger, "late"),
  "triggers.tagged": ({ triggers }, grant) => triggers.tagged(grant, "web", "1.0"),
  "deliveries.list": ({ deliveries }, grant) =>
    deliveries.list(grant, { event: null, status: null, trigger: null, target: null }, PAGE),
  "deliveries.find": ({ deliveries }, grant, ids) => deliveries.find(grant, ids.delivery),
  "deliveries.replay": ({ deliveries }, grant, ids) => deliveries.replay(grant, ids.trigger, 0, 10, Date.now()),
  "deliveries.redeliver": ({ deliveries }, grant, ids) => deliveries.redeliver(grant, ids.delivery, Date.now()),
  "deliveries.cancel": ({ deliveries }, grant, ids) => deliveries.cancel(grant, ids.delivery, "late", Date.now()),
  "deployed.list": ({ deployed }, grant) =>
    deployed.list(grant, { target: null, repository: null, currentOnly: false }, PAGE),
  "deployed.redelivery": ({ deployed }, grant, ids) => deployed.redelivery(grant, ids.delivery),
};

const idAnswer = z.object({ id: z.string() });
const spaceRow = z.object({ id: z.int() });

/** Makes a space with a target, a trigger, an event and a delivery that waits for its next attempt, and a token that may manage it. */
async function open() {
  const workshop = await openWorkshop("ended");
  const { space } = workshop;
  const make = async (path: string, body: object): Promise<string> =>
    idAnswer.parse(await (await manage("POST", `spaces/${space}/${path}`, body)).json()).id;
  const target = await make("targets", { name: "t", type: "standard-webhook", url: "https://one.example/hook" });
  const trigger = await make("triggers", { name: "t", match: { repositories: ["**"] }, targets: [target] });
  workshop.answer = () => BROKEN;
  const pushed = await pushTo(workshop, "web", "1.0");
  await processMessage(processingOf(workshop), event(pushed));
  const [queued] = workshop.queued;
  const ids: Ids = { target, trigger, delivery: queued?.message.id ?? "", event: pushed };
  const token = await makeToken(space, { name: "keeper", actions: ["admin"] });
  const row = await env.DB.prepare("SELECT id FROM spaces WHERE name = ?1 AND deleted_at IS NULL").bind(space).first();
  const credential = {
    id: token.id,
    name: "keeper",
    space,
    spaceId: spaceRow.parse(row).id,
    actions: ["admin"] as const,
    repositories: ["**"],
    expiresAt: null,
  };
  const grant = authorizeSpace({ kind: "credential", credential }, space);
  return { stores: processingOf(workshop).stores, space, token, grant, ids };
}

const TABLES = ["targets", "triggers", "deliveries", "deployed", "events"];

async function rowsNow(): Promise<readonly unknown[]> {
  const results = await env.DB.batch(TABLES.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return results.map(({ results: found }) => found);
}

async function expectAllRefused(
  { stores, ids }: { readonly stores: EventStores; readonly ids: Ids },
  grant: SpaceGrant,
  kind: string,
): Promise<void> {
  const before = await rowsNow();
  for (const [name, call] of Object.entries(CALLS)) {
    const outcome = await call(stores, grant, ids).then(
      () => "done",
      (fault: unknown) => fault,
    );
    expect(outcome, name).toMatchObject({ kind });
  }
  expect(await rowsNow()).toEqual(before);
}

describe("the stores of events", () => {
  it("do what a live grant asks", async () => {
    const { stores, grant, ids } = await open();
    for (const [name, call] of Object.entries(CALLS)) {
      const done = call(stores, grant, ids).then(() => name);
      await expect(done).resolves.toBe(name);
    }
  });

  it("refuse a token that was revoked since, and change nothing", async () => {
    const opened = await open();
    await manage("DELETE", `spaces/${opened.space}/tokens/${opened.token.id}`);
    await expectAllRefused(opened, opened.grant, "TOKEN_INVALID");
  });

  it("refuse a grant for a space that was made anew, even if its token lived on", async () => {
    const opened = await open();
    await manage("DELETE", `spaces/${opened.space}`);
    await makeSpace(opened.space);
    await env.DB.prepare("UPDATE tokens SET revoked_at = NULL WHERE id = ?1").bind(opened.token.id).run();
    await expectAllRefused(opened, opened.grant, "SPACE_UNKNOWN");
  });

  it("tell the administrator that the space is gone", async () => {
    const opened = await open();
    await manage("DELETE", `spaces/${opened.space}`);
    await expectAllRefused(opened, administratorOf(opened.space), "SPACE_UNKNOWN");
  });
});

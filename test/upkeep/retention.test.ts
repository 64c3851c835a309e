import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { previewRetention } from "../../src/management/retention-preview.ts";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { d1RetentionRuns } from "../../src/storage/d1/upkeep/retention-runs.ts";
import { d1Retention } from "../../src/storage/d1/management/retention.ts";
import { collect } from "../../src/upkeep/collect.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { retain } from "../../src/upkeep/retention.ts";
import {
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { makeTarget, makeTrigger } from "../support/deploy.ts";
import { openWorkshop, pushAndDeliver, pushTo, event, processingOf } from "../support/processing.ts";
import { processMessage } from "../../src/events/process.ts";
import { administratorOf, ask, makeSpace, manage } from "../support/registry.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STORES = { walks: d1Collection(env.DB), retention: d1RetentionRuns(env.DB, DAY) };

let space = "";
let as = "";
let spaces = 0;
let seeds = 5000;
/** The time of the next run. */
let clock = 0;

beforeEach(async () => {
  spaces += 1;
  space = `retained${spaces}`;
  as = await makeSpace(space);
  clock = Date.now() + 100 * DAY;
  await env.DB.batch(["walks", "retention_rules"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const newSeed = (): number => (seeds += 1);
const web = (): string => `${space}/web`;

const idRow = z.object({ id: z.int() });

async function repositoryId(path = "web"): Promise<number> {
  const sql = "SELECT r.id FROM repositories r JOIN spaces s ON s.id = r.space_id WHERE s.name = ? AND r.path = ?";
  return idRow.parse(await env.DB.prepare(sql).bind(space, path).first()).id;
}

/** Pushes an image under a tag, as if so many days before the next run. */
async function push(tag: string, days = 100, seed = newSeed(), path = "web"): Promise<string> {
  const { digest } = await pushImage(`${space}/${path}`, as, tag, seed);
  await setTime("tags", "updated_at", days, "name", tag, path);
  await setTime("manifests", "created_at", days, "digest", digest, path);
  return digest;
}

async function setTime(
  table: string,
  column: string,
  days: number,
  key: string,
  value: string,
  path = "web",
): Promise<void> {
  await env.DB.prepare(`UPDATE ${table} SET ${column} = ?1 WHERE repository_id = ?2 AND ${key} = ?3`)
    .bind(clock - days * DAY, await repositoryId(path), value)
    .run();
}

async function rule(keep: object, repositories: readonly string[] = ["**"]): Promise<string> {
  const answer = await manage("POST", `spaces/${space}/retention-rules`, { keep, repositories, confirm: true });
  expect(answer.status).toBe(201);
  return z.looseObject({ id: z.string() }).parse(await answer.json()).id;
}

/** Runs upkeep after so much time. */
async function runAfter(time: number): Promise<void> {
  clock += time;
  await retain(STORES, clock);
}

/** Runs until tags are gone, and manifests are marked and gone. */
async function runToTheEnd(): Promise<void> {
  await runAfter(0);
  await runAfter(DAY + 1);
}

const nameRow = z.object({ name: z.string() });

async function tags(path = "web"): Promise<readonly string[]> {
  const { results } = await env.DB.prepare("SELECT name FROM tags WHERE repository_id = ? ORDER BY name")
    .bind(await repositoryId(path))
    .all();
  return results.map((row) => nameRow.parse(row).name);
}

const digestRow = z.object({ digest: z.string() });

async function manifests(path = "web", table = "manifests"): Promise<readonly string[]> {
  const { results } = await env.DB.prepare(`SELECT digest FROM ${table} WHERE repository_id = ?`)
    .bind(await repositoryId(path))
    .all();
  return results.map((row) => digestRow.parse(row).digest).toSorted();
}

const look = (reference: string, method = "HEAD"): Promise<Response> =>
  ask(`/v2/${web()}/manifests/${reference}`, { method, as });

describe("without a rule", () => {
  it("nothing goes, tagged or not, in any repository that none covers", async () => {
    await push("1");
    await push("1", 100, newSeed());
    await push("1", 100, newSeed(), "api");
    await rule({ newest: 1 }, ["api", "!web"]);
    const off = await rule({});
    await manage("PATCH", `spaces/${space}/retention-rules/${off}`, { enabled: false });
    await runToTheEnd();
    await runToTheEnd();
    expect([await tags(), await tags("api")]).toEqual([["1"], ["1"]]);
    expect(await manifests()).toHaveLength(2);
  });

  it("nothing goes in other spaces", async () => {
    await push("1");
    const other = space;
    await makeSpace(`${other}-ruled`);
    space = `${other}-ruled`;
    await rule({});
    space = other;
    await runToTheEnd();
    expect(await tags()).toEqual(["1"]);
  });
});

describe("a rule keeps", () => {
  it.each<[string, object, readonly string[]]>([
    ["the newest, the last by name of those of the same moment", { newest: 3 }, ["a2", "b5", "latest"]],
    ["all, where there are no more", { newest: 50 }, ["a1", "a2", "b5", "latest", "old"]],
    ["what is newer than so many days", { newerThanDays: 6 }, ["b5", "latest"]],
    [
      "what was pulled within so many days, by its tag or as a manifest, or pushed",
      { pulledWithinDays: 6 },
      ["a1", "b5", "latest", "old"],
    ],
    ["tags by pattern", { tags: ["a?", "l*", "!*1"] }, ["a2", "latest"]],
    ["whatever any of its conditions holds for", { newest: 1, tags: ["old"] }, ["latest", "old"]],
    ["nothing, if it says so", {}, []],
  ])("%s", async (_, keep, kept) => {
    await push("old", 50);
    await push("a1", 10);
    await push("a2", 10);
    await push("b5", 5);
    await push("latest", 2);
    await setTime("tags", "pulled_at", 3, "name", "old");
    const [{ digest }] = z.tuple([digestRow]).parse(
      (
        await env.DB.prepare("SELECT digest FROM tags WHERE repository_id = ? AND name = 'a1'")
          .bind(await repositoryId())
          .all()
      ).results,
    );
    await setTime("manifests", "pulled_at", 4, "digest", digest);
    await rule(keep);
    await runAfter(0);
    expect(await tags()).toEqual(kept);
    await runAfter(DAY + 1);
    expect(await manifests()).toHaveLength(kept.length);
  });

  it("what any of the rules that cover a repository keeps", async () => {
    for (const path of ["web", "api"]) for (const tag of ["a", "b", "c"]) await push(tag, 100, newSeed(), path);
    await rule({ tags: ["a"] });
    await rule({ tags: ["b"] }, ["web"]);
    await runAfter(0);
    expect([await tags(), await tags("api")]).toEqual([["a", "b"], ["a"]]);
  });

  it("immutable tags, and the run goes on beside them", async () => {
    for (const tag of ["v1", "v2", "x"]) await push(tag);
    await manage("PATCH", `spaces/${space}/repositories/web`, { immutableTags: ["v*"] });
    await rule({});
    await runToTheEnd();
    expect(await tags()).toEqual(["v1", "v2"]);
    expect(await manifests()).toHaveLength(2);
  });

  it("what was pushed within the grace", async () => {
    await push("now", 0.5);
    await push("yesterday", 1.5);
    await rule({});
    await runAfter(0);
    expect(await tags()).toEqual(["now"]);
  });
});

async function count(table: string): Promise<unknown> {
  const statement = env.DB.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE repository_id = ?`);
  return statement.bind(await repositoryId()).first("n");
}

describe("a deletion by retention", () => {
  it("is told of by events, so that triggers hear of it and the history shows it", async () => {
    const digest = await push("1");
    await rule({});
    await runToTheEnd();
    const { results } = await env.DB.prepare(
      "SELECT type, tag, digest, previous_digest, actor, registry, sent_at, occurred_at FROM events WHERE repository_id = ? AND type LIKE '%.deleted' ORDER BY occurred_at",
    )
      .bind(await repositoryId())
      .all();
    const shared = { digest, actor: "retention", registry: "registry.test", sent_at: null };
    expect(results).toEqual([
      { ...shared, type: "tag.deleted", tag: "1", previous_digest: digest, occurred_at: clock - DAY - 1 },
      { ...shared, type: "manifest.deleted", tag: null, previous_digest: null, occurred_at: clock },
    ]);
    const listed = await (await manage("GET", `spaces/${space}/events`)).text();
    expect(listed).toContain('"name":"retention"');
  });

  it.each(["tag", "digest"])("can be undone, by the %s", async (by) => {
    const digest = await push("1");
    const id = await rule({});
    await runToTheEnd();
    expect((await look(digest)).status).toBe(404);
    await manage("DELETE", `spaces/${space}/retention-rules/${id}`);
    const body = { repository: "web", ...(by === "tag" ? { tag: "1" } : { digest }) };
    expect((await manage("POST", `spaces/${space}/deleted:undelete`, body)).status).toBe(200);
    expect((await look(by === "tag" ? "1" : digest, "GET")).headers.get("Docker-Content-Digest")).toBe(digest);
    await runToTheEnd();
    expect(await manifests()).toEqual([digest]);
  });

  it("leaves the manifest in the trash with what it needs, until that is emptied", async () => {
    const digest = await push("1");
    await rule({});
    await runToTheEnd();
    expect(await manifests("web", "deleted_manifests")).toEqual([digest]);
    expect([await count("deleted_references"), await count("repository_blobs")]).toEqual([2, 2]);
    const stores = { collection: STORES.walks, objects: r2Objects(env.BLOBS) };
    for (const time of [0, 8 * DAY, 0, DAY + 1, DAY + 1]) {
      clock += time;
      await collect(stores, { grace: DAY, keepDeleted: 7 * DAY, keepBytes: 0, orphanGrace: 3_600_000 }, clock);
    }
    expect([await count("deleted_manifests"), await count("repository_blobs")]).toEqual([0, 0]);
  });
});

/** Makes an image whose tag has moved on. */
async function untagged(days = 100): Promise<string> {
  const digest = await push("moving", days);
  await push("moving", days);
  return digest;
}

/** Pushes an index before all of its images are there, as some clients do; they push it again. */
async function pushIndexThatLacks(child: string): Promise<void> {
  const missing = { ...(await descriptorOf("{}")), digest: `sha256:${"0".repeat(64)}` };
  const answer = await putManifest(web(), as, "index", indexText([await descriptorOf(child), missing]), OCI_INDEX);
  expect(answer.status).toBe(400);
}

async function tagForAMoment(digest: string): Promise<void> {
  const insert = "INSERT INTO tags (repository_id, name, digest, created_at, updated_at) VALUES (?, 'moment', ?, 0, 0)";
  await env.DB.batch([
    env.DB.prepare(insert).bind(await repositoryId(), digest),
    env.DB.prepare("DELETE FROM tags WHERE name = 'moment'"),
  ]);
}

describe("a manifest without a tag", () => {
  it("waits for its grace after it was seen to be needed by nothing", async () => {
    const digest = await untagged();
    await rule({ newest: 1 });
    await runAfter(0);
    await runAfter(DAY - HOUR);
    expect(await manifests()).toContain(digest);
    await runAfter(2 * HOUR);
    expect(await manifests()).not.toContain(digest);
    expect(await tags()).toEqual(["moving"]);
  });

  it.each([
    ["newerThanDays", { newest: 1, newerThanDays: 10 }, 5],
    ["pulledWithinDays, when it came", { newest: 1, pulledWithinDays: 10 }, 5],
  ])("is kept by %s", async (_, keep, days) => {
    const digest = await untagged(days);
    await rule(keep);
    await runToTheEnd();
    expect(await manifests()).toContain(digest);
  });

  it("is kept while it is pulled", async () => {
    const digest = await untagged();
    await setTime("manifests", "pulled_at", 5, "digest", digest);
    await rule({ newest: 1, pulledWithinDays: 10 });
    await runToTheEnd();
    expect(await manifests()).toContain(digest);
    await runAfter(10 * DAY);
    await runToTheEnd();
    expect(await manifests()).not.toContain(digest);
  });

  it.each<[string, (digest: string, text: string) => Promise<unknown>]>([
    ["is asked for by its digest", (digest) => look(digest)],
    ["is pulled by its digest", (digest) => look(digest, "GET")],
    ["is pushed again", (digest, text) => putManifest(web(), as, digest, text)],
    ["is needed by an index that lacks something else yet", (_, text) => pushIndexThatLacks(text)],
    ["gets a tag by whatever route, and loses it again", (digest) => tagForAMoment(digest)],
  ])("has a new grace when it %s, at the last moment", async (_, touch) => {
    const digest = await untagged();
    const text = await (await look(digest, "GET")).text();
    await rule({ newest: 1 });
    await runAfter(0);
    clock += DAY + HOUR;
    await touch(digest, text);
    await runAfter(0);
    await runAfter(DAY - HOUR);
    expect(await manifests()).toContain(digest);
    await runAfter(2 * HOUR);
    expect(await manifests()).not.toContain(digest);
  });

  it("stays when it is tagged at the last moment, and has a new grace when that tag goes", async () => {
    const digest = await untagged();
    const text = await (await look(digest, "GET")).text();
    const id = await rule({ newest: 1, tags: ["kept"] });
    await runAfter(0);
    clock += DAY + HOUR;
    expect((await putManifest(web(), as, "kept", text)).status).toBe(201);
    await setTime("tags", "updated_at", 150, "name", "kept");
    for (let time = 0; time < 3; time++) await runToTheEnd();
    expect((await look("kept")).status).toBe(200);
    await manage("PATCH", `spaces/${space}/retention-rules/${id}`, { keep: { tags: ["moving"] } });
    await runAfter(7 * HOUR);
    expect(await tags()).toEqual(["moving"]);
    expect(await manifests()).toContain(digest);
    await runAfter(DAY + HOUR);
    expect(await manifests()).not.toContain(digest);
  });

  it("stays when an index comes to need it at the last moment", async () => {
    const digest = await untagged();
    const text = await (await look(digest, "GET")).text();
    await rule({ newest: 1, tags: ["index"] });
    await runAfter(0);
    clock += DAY + HOUR;
    const index = indexText([await descriptorOf(text)]);
    expect((await putManifest(web(), as, "index", index, OCI_INDEX)).status).toBe(201);
    for (let time = 0; time < 3; time++) await runToTheEnd();
    expect((await look(digest)).status).toBe(200);
  });

  it("stays when the rule goes before it does", async () => {
    const digest = await untagged();
    const id = await rule({ newest: 1 });
    await runAfter(0);
    await manage("DELETE", `spaces/${space}/retention-rules/${id}`);
    await runAfter(DAY + HOUR);
    expect(await manifests()).toContain(digest);
  });

  it.each(Array.from({ length: 5 }, (_, round) => round))(
    "round %i: pushes at the moment when it goes find it whole, or bring it anew",
    async () => {
      const seed = newSeed();
      const text = await imageText(web(), as, seed);
      await putManifest(web(), as, await digestOf(text), text);
      const index = indexText([await descriptorOf(text)]);
      await push("other");
      await rule({ newest: 1, tags: ["index"] });
      await runAfter(0);
      clock += DAY + HOUR;
      const client = async (): Promise<number> => {
        // Docker does the same: it does not push content that is there.
        if ((await look(await digestOf(text))).status === 404) await putManifest(web(), as, await digestOf(text), text);
        return (await putManifest(web(), as, "index", index, OCI_INDEX)).status;
      };
      const [pushed] = await Promise.all([client(), runAfter(0), runAfter(0), runAfter(0)]);
      expect(pushed).toBe(201);
      await setTime("tags", "updated_at", 50, "name", "index");
      await runToTheEnd();
      expect([(await look("index")).status, (await look(await digestOf(text))).status]).toEqual([200, 200]);
    },
  );
});

/** Pushes a manifest by its digest, as if long ago. */
async function pushOld(text: string, type = OCI_MANIFEST): Promise<string> {
  const digest = await digestOf(text);
  expect((await putManifest(web(), as, digest, text, type)).status).toBe(201);
  await setTime("manifests", "created_at", 100, "digest", digest);
  return digest;
}

async function referrerText(subject: object, more: object = {}): Promise<string> {
  return imageText(web(), as, newSeed(), { subject, ...more });
}

const hex = (digest: string): string => digest.replace(":", "-");

describe("what belongs together", () => {
  it("lives while any tag reaches it: nested indexes, referrers, and referrers of those", async () => {
    const child = await imageText(web(), as, newSeed());
    await pushOld(child);
    const inner = indexText([await descriptorOf(child)]);
    await pushOld(inner, OCI_INDEX);
    const outer = indexText([await descriptorOf(inner, OCI_INDEX)]);
    const signature = await referrerText(await descriptorOf(child));
    await pushOld(signature);
    const ofSignature = await referrerText(await descriptorOf(signature));
    await pushOld(ofSignature);
    expect((await putManifest(web(), as, "index", outer, OCI_INDEX)).status).toBe(201);
    await setTime("tags", "updated_at", 100, "name", "index");
    await setTime("manifests", "created_at", 100, "digest", await digestOf(outer));
    const id = await rule({ tags: ["index"] });
    for (let time = 0; time < 2; time++) await runToTheEnd();
    expect(await manifests()).toHaveLength(5);

    await manage("PATCH", `spaces/${space}/retention-rules/${id}`, { keep: { tags: ["other"] } });
    await runAfter(7 * HOUR);
    expect([await tags(), (await manifests()).length]).toEqual([[], 5]);
    await runAfter(DAY + 1);
    // All of them go in one run.
    expect(await manifests()).toEqual([]);
    expect(await manifests("web", "deleted_manifests")).toHaveLength(5);
  });

  it("goes in whole: an index that was asked for keeps what it names", async () => {
    const child = await imageText(web(), as, newSeed());
    await pushOld(child);
    const index = await pushOld(indexText([await descriptorOf(child)]), OCI_INDEX);
    await rule({});
    await runAfter(0);
    clock += DAY + HOUR;
    expect((await look(index)).status).toBe(200);
    await runAfter(0);
    expect(await manifests()).toHaveLength(2);
    for (let time = 0; time < 3; time++) await runToTheEnd();
    expect(await manifests()).toEqual([]);
  });

  it("goes also where it closes a circle", async () => {
    // An index with a child; the subject of the index has that child as its own subject.
    const child = await imageText(web(), as, newSeed());
    await pushOld(child);
    const between = await referrerText(await descriptorOf(child));
    await pushOld(between);
    const index = indexText([await descriptorOf(child)], { subject: await descriptorOf(between) });
    await pushOld(index, OCI_INDEX);
    await push("kept");
    await rule({ tags: ["kept"] });
    await runToTheEnd();
    expect(await manifests()).toHaveLength(1);
  });

  it("dies where its subject is gone or never was, however new or popular it is", async () => {
    const missing = { ...(await descriptorOf("{}")), digest: `sha256:${"0".repeat(64)}` };
    const orphan = await referrerText(missing);
    expect((await putManifest(web(), as, await digestOf(orphan), orphan)).status).toBe(201);
    await setTime("manifests", "created_at", 2, "digest", await digestOf(orphan));
    await push("kept");
    await rule({ tags: ["kept"], newerThanDays: 50, pulledWithinDays: 50 });
    await runToTheEnd();
    expect(await manifests()).toHaveLength(1);
  });

  it("by cosign's tags lives as long as the subject, beside the newest, and goes after it", async () => {
    const old = await push("old", 20);
    const kept = await push("kept", 10);
    const own = [`${hex(kept)}.sig`, hex(kept), `${hex(kept)}.att`];
    const others = [`${hex(old)}.sig`, `${hex(old)}.sbom`];
    for (const tag of [...own, ...others]) await push(tag, 5);
    await push(`sha256-${"0".repeat(64)}.sig`, 5);
    await rule({ newest: 1 });
    await runAfter(0);
    expect(await tags()).toEqual(["kept", ...own, ...others].toSorted());
    await runAfter(DAY + 1);
    expect(await manifests()).not.toContain(old);
    await runAfter(DAY + 1);
    expect(await tags()).toEqual(["kept", ...own].toSorted());
    await runAfter(DAY + 1);
    expect(await manifests()).toHaveLength(4);
  });

  it("costs no more, and stays, where more needs it than is looked at; and goes when that has gone", async () => {
    const child = await imageText(web(), as, newSeed());
    const digest = await pushOld(child);
    for (let number = 0; number < 120; number++) {
      await pushOld(indexText([await descriptorOf(child)], { annotations: { number: String(number) } }), OCI_INDEX);
    }
    await rule({});
    await runToTheEnd();
    expect(await manifests()).toEqual([digest]);
    for (let time = 0; time < 2; time++) await runToTheEnd();
    expect(await manifests()).toEqual([]);
  });
});

async function expectKept(digests: readonly string[], names: readonly string[]): Promise<void> {
  for (let time = 0; time < 2; time++) await runToTheEnd();
  expect(await manifests()).toEqual(digests.toSorted());
  expect(await tags()).toEqual(names);
}

describe("what was deployed", () => {
  it("is kept for each target and repository, with as many as a rule says before it, and their tags", async () => {
    const shop = await openWorkshop("retained-shop");
    ({ space, as } = shop);
    const { id } = await makeTarget(space, "https://receiver.example.com/");
    await makeTrigger(space, [id]);
    const digests: string[] = [];
    for (let number = 1; number <= 4; number++) {
      await pushAndDeliver(shop, "web", "latest", newSeed());
      digests.push((await look("latest")).headers.get("Docker-Content-Digest") ?? "");
      // Only its deployment holds the third.
      if (number !== 3) await putManifest(web(), as, `was-${number}`, await (await look("latest", "GET")).text());
    }
    const ruleId = await rule({ previouslyDeployed: 2 });
    await expectKept(digests.slice(1), ["latest", "was-2", "was-4"]);
    await manage("PATCH", `spaces/${space}/retention-rules/${ruleId}`, { keep: {}, confirm: true });
    await expectKept(digests.slice(2), ["latest", "was-4"]);
    await manage("PATCH", `spaces/${space}/retention-rules/${ruleId}`, {
      keep: { previouslyDeployed: 0 },
      confirm: true,
    });
    await expectKept(digests.slice(3), ["latest", "was-4"]);
    await manage("DELETE", `spaces/${space}/targets/${id}`);
    await expectKept([], []);
  });

  it("counts by target and repository, not by tag, and not of a target that only notifies", async () => {
    const shop = await openWorkshop("retained-shop");
    ({ space, as } = shop);
    const hook = await makeTarget(space, "https://receiver.example.com/");
    const chat = await makeTarget(space, "https://chat.example.com/", { deploys: false });
    await makeTrigger(space, [hook.id, chat.id]);
    for (let number = 1; number <= 4; number++) await pushAndDeliver(shop, "web", `build-${number}`, newSeed());
    await rule({});
    for (let time = 0; time < 2; time++) await runToTheEnd();
    expect(await tags()).toEqual(["build-3", "build-4"]);
    await manage("PATCH", `spaces/${space}/targets/${hook.id}`, { deploys: false });
    for (let time = 0; time < 2; time++) await runToTheEnd();
    expect(await tags()).toEqual([]);
  });

  it("is kept while it is on its way, made before the mark or after", async () => {
    const shop = await openWorkshop("retained-shop");
    ({ space, as } = shop);
    const { id } = await makeTarget(space, "https://receiver.example.com/");
    await makeTrigger(space, [id], { tag: { type: "glob", value: "*", exclude: ["later"] } });
    const plan = async (tag: string): Promise<string> => {
      const eventId = await pushTo(shop, "web", tag, newSeed());
      await processMessage(processingOf(shop), event(eventId));
      return (await look(tag)).headers.get("Docker-Content-Digest") ?? "";
    };
    const early = await plan("early");
    const late = await plan("later");
    await rule({});
    await runAfter(0);
    expect(await tags()).toEqual(["early"]);
    await env.DB.prepare(
      `INSERT INTO deliveries (id, space_id, event_id, trigger_id, target_id, repository_id, tag, status, next_attempt_at, created_at)
       SELECT 'dlv_late' || e.id, e.space_id, e.id, 'trg_x', ?2, e.repository_id, e.tag, 'running', 0, 0
       FROM events e WHERE e.digest = ?1 AND e.type = 'tag.created'`,
    )
      .bind(late, id)
      .run();
    await runAfter(DAY + 1);
    expect(await manifests()).toEqual([early, late].toSorted());
    await env.DB.prepare("UPDATE deliveries SET status = 'failed' WHERE status IN ('pending', 'running')").run();
    for (let time = 0; time < 2; time++) await runToTheEnd();
    expect(await manifests()).toEqual([]);
  });
});

/** Returns the names and digests that would go by a preview. */
async function seen(graceIsOver: boolean): Promise<readonly [readonly string[], readonly string[]]> {
  const proposal = { rule: null, replaces: null, graceIsOver };
  const { repositories } = await previewRetention(
    d1Retention(env.DB, DAY),
    administratorOf(space),
    proposal,
    null,
    clock,
  );
  const [{ tags: goingTags, manifests: goingManifests } = { tags: [], manifests: [] }] = repositories;
  return [goingTags.map(({ name }) => name).toSorted(), goingManifests.map(({ digest }) => digest).toSorted()];
}

describe("a preview", () => {
  it("shows cosign's tags with what they belong to, and what goes once the grace has ended", async () => {
    const cosign = async (digest: string, suffix: string, days: number): Promise<string> => {
      const name = `${hex(digest)}${suffix}`;
      return push(name, days);
    };
    const old = await push("old", 20);
    const signature = await cosign(old, ".sig", 20);
    const ofSignature = await cosign(signature, ".att", 20);
    const kept = await push("kept", 20);
    await cosign(kept, ".sig", 20);
    const young = await push("young", 0);
    await rule({ tags: ["kept"] });
    const names = ["old", `${hex(old)}.sig`, `${hex(signature)}.att`];
    const going = [old, signature, ofSignature];
    expect(await seen(false)).toEqual([names.toSorted(), going.toSorted()]);
    expect(await seen(true)).toEqual([[...names, "young"].toSorted(), [...going, young].toSorted()]);
    for (let time = 0; time < 4; time++) await runToTheEnd();
    expect(await tags()).toEqual(["kept", `${hex(kept)}.sig`].toSorted());
  });

  it("shows exactly what a run then takes", async () => {
    for (let number = 1; number <= 6; number++) await push(`1.${number}`, 20 - number);
    const shared = await push("twice", 30);
    await putManifest(web(), as, "thrice", await (await look("twice", "GET")).text());
    await setTime("tags", "updated_at", 30, "name", "thrice");
    const child = await imageText(web(), as, newSeed());
    const index = indexText([await descriptorOf(child)]);
    await pushOld(child);
    await pushOld(index, OCI_INDEX);
    await pushOld(await referrerText(await descriptorOf(index, OCI_INDEX)));
    const keptSignature = await pushOld(
      await referrerText(await descriptorOf(await (await look("1.6", "GET")).text())),
    );
    await pushOld(await imageText(web(), as, newSeed()));
    await push("api", 50, newSeed(), "api");
    await rule({ newest: 2, tags: ["thrice"] }, ["web"]);
    const before = { tags: await tags(), manifests: await manifests() };
    const preview = await previewRetention(
      d1Retention(env.DB, DAY),
      administratorOf(space),
      { rule: null, replaces: null },
      null,
      clock,
    );
    expect(preview.repositories.map(({ repository }) => repository)).toEqual(["web"]);
    const [{ tags: goingTags, manifests: goingManifests } = { tags: [], manifests: [] }] = preview.repositories;
    expect(goingTags.map(({ name }) => name)).toEqual(["1.1", "1.2", "1.3", "1.4", "twice"]);
    expect(goingManifests).toHaveLength(8);
    await runToTheEnd();
    const names = new Set(goingTags.map(({ name }) => name));
    const digests = new Set(goingManifests.map(({ digest }) => digest));
    expect(await tags()).toEqual(before.tags.filter((name) => !names.has(name)));
    expect(await manifests()).toEqual(before.manifests.filter((digest) => !digests.has(digest)));
    expect(await manifests()).toEqual(expect.arrayContaining([shared, keptSignature]));
    expect(await tags("api")).toEqual(["api"]);
  });
});

describe("a walk", () => {
  it("begins every six hours, and comes round to everything however much there is", async () => {
    await push("kept");
    const id = await repositoryId();
    const digest = await push("kept");
    const insert = `
      INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
      SELECT ?1, printf('t%05d', value), ?2, 0, 0 FROM json_each(?3)`;
    await env.DB.prepare(insert)
      .bind(id, digest, JSON.stringify(Array.from({ length: 3100 }, (_, index) => index)))
      .run();
    await rule({ tags: ["kept"] });
    await runAfter(0);
    expect((await tags()).length).toBe(102);
    await runAfter(300_000);
    expect(await tags()).toEqual(["kept"]);
    await runAfter(300_000);
    await push("late", 50);
    await runAfter(5 * HOUR);
    expect(await tags()).toEqual(["kept", "late"]);
    await runAfter(HOUR);
    expect(await tags()).toEqual(["kept"]);
  });

  it("goes on behind a page that fails", async () => {
    await push("1");
    await rule({});
    const failing = {
      ...STORES,
      retention: { ...STORES.retention, removeTags: () => Promise.reject(new Error("injected")) },
    };
    await expect(retain(failing, clock)).rejects.toThrow("injected");
    expect(await tags()).toEqual(["1"]);
    await runAfter(300_000);
    expect(await STORES.walks.position("retention")).toContain('"over"');
    await runAfter(6 * HOUR);
    expect(await tags()).toEqual([]);
  });
});

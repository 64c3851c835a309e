import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { processMessage } from "../../src/events/process.ts";
import { kindOf, versionKey } from "../../src/events/version/key.ts";
import { foldCase } from "../../src/events/version/nuget-range.ts";
import { compareVersions, parseVersion } from "../../src/events/version/version.ts";
import { eventsOf, makeTarget, makeTrigger } from "../support/deploy.ts";
import { event, openWorkshop, processingOf, pushTo, type Workshop } from "../support/processing.ts";
import { pick, randomFrom } from "../support/random.ts";
import { manage } from "../support/registry.ts";

/** Tests the rule "only if newer", by each order, among as many tags as there may be. */

let shop: Workshop;

beforeEach(async () => {
  shop = await openWorkshop("newer");
});

/** Adds more tags to the repository than a test could push, on the manifest of a tag that it has. */
async function addTags(names: string, path = "web"): Promise<void> {
  const sql = `
    INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
    SELECT t.repository_id, n.name, t.digest, 1, 1 FROM (${names}) n, (
      SELECT t.* FROM tags t JOIN repositories r ON r.id = t.repository_id JOIN spaces s ON s.id = r.space_id
      WHERE s.name = ? AND r.path = ? LIMIT 1) t WHERE true ON CONFLICT DO NOTHING`;
  await env.DB.prepare(sql).bind(shop.space, path).run();
}

const numbered = (count: number, name: string): string =>
  `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${count}) SELECT ${name} AS name FROM c`;

const preview = z.object({
  pushes: z.array(z.object({ event: z.string(), fires: z.boolean(), reason: z.string().nullable() })),
});

/** Returns a trigger's decision on a push with the rule. The real one and the preview's must be the same. */
async function decided(tag: object, pushed: string, seed = 5): Promise<string> {
  const match = { tag: { onlyIfNewer: true, ...tag } };
  const { id } = await makeTrigger(shop.space, [(await makeTarget(shop.space, "https://r.example.com/")).id], match);
  const pushedEvent = await pushTo(shop, "web", pushed, seed);
  await processMessage(processingOf(shop), event(pushedEvent));
  const found = (await eventsOf(shop.space)).find((one) => one.id === pushedEvent);
  const verdict = found?.triggers?.find((one) => one.trigger === id);
  if (verdict === undefined) throw new Error("nothing was decided");
  expect(await previewed(match, pushedEvent)).toBe(verdict.reason ?? "fires");
  await manage("DELETE", `spaces/${shop.space}/triggers/${id}`);
  return verdict.reason ?? "fires";
}

async function previewed(match: object, of: string): Promise<string> {
  const answer = await manage("POST", `spaces/${shop.space}/pushes:preview`, { match });
  const found = preview.parse(await answer.json()).pushes.find((one) => one.event === of);
  return found === undefined ? "not shown" : (found.reason ?? "fires");
}

const SEMVER = { type: "semver", value: "*" };

describe("among many tags", () => {
  it.each([
    ["names that are no versions", numbered(100_000, "'sha-' || n"), SEMVER],
    ["names that sort after all versions", numbered(100_000, "'z' || n"), { type: "nuget", value: "*" }],
    ["older versions", numbered(100_000, "'0.1.' || n"), SEMVER],
    ["prereleases of a newer version", numbered(100_000, "'3.0.0-nightly.' || n"), SEMVER],
    ["all-digit tags, for a strict rule", numbered(100_000, "'2026' || n"), { ...SEMVER, strict: true }],
    ["versions beyond the range", numbered(100_000, "'5.0.' || n"), { type: "semver", value: "<4" }],
  ])("%s do not hide the newest version, nor stand in its way", async (_, names, rule) => {
    await pushTo(shop, "web", "2.0.0", 1);
    await addTags(names);
    expect(await decided(rule, "1.0.1")).toBe("the tag 1.0.1 is not newer than 2.0.0, which the repository has");
    expect(await decided(rule, "2.0.1")).toBe("fires");
  });

  it("the newest prerelease is found likewise, with capitals as SemVer and NuGet see them", async () => {
    await pushTo(shop, "web", "0.0.1", 1);
    await addTags(numbered(5000, "'1.0.0-SNAPSHOT.' || n"));
    await addTags(numbered(5000, "'1.0.0-beta.' || n"));
    const any = { prerelease: "any" };
    expect(await decided({ ...SEMVER, ...any }, "1.0.0-SNAPSHOT.5001")).toContain("not newer than 1.0.0-beta.5000");
    expect(await decided({ ...SEMVER, ...any }, "1.0.0-beta.5001")).toBe("fires");
    const nuget = { type: "nuget", value: "*", ...any };
    expect(await decided(nuget, "1.0.0-beta.5002")).toContain("not newer than 1.0.0-SNAPSHOT.5001");
    expect(await decided(nuget, "1.0.0-Snapshot.5002")).toBe("fires");
  });

  it("refuses, and says why, where too many would have to be looked at: it does not guess", async () => {
    await pushTo(shop, "web", "0.0.1", 1);
    await addTags(numbered(600, "'7.0.' || n"));
    const rule = { ...SEMVER, exclude: ["7.*"] };
    expect(await decided(rule, "1.0.0")).toMatch(/^too many tags of the repository could be newer than 1\.0\.0/);
    expect(await decided({ ...rule, value: "<7" }, "1.0.1")).toBe("fires");
  });
});

describe("a rule for versions", () => {
  it("may be strict: all-digit tags are none, and do not block", async () => {
    await pushTo(shop, "web", "7654321", 1);
    expect(await decided({ ...SEMVER, strict: true }, "v1.2.3")).toBe("fires");
    expect(await decided({ ...SEMVER, strict: true }, "20261123")).toContain("does not have three numbers");
    expect(await decided(SEMVER, "1.2.4")).toContain("not newer than 20261123");
  });

  it.each([
    { type: "glob", value: "v*" },
    { type: "regex", value: "^v" },
  ])("may have a pattern beside its range: %j", async (pattern) => {
    await pushTo(shop, "web", "20261123", 1);
    expect(await decided({ ...SEMVER, pattern }, "v1.2.3")).toBe("fires");
    expect(await decided({ ...SEMVER, pattern }, "20261124")).toContain(
      `does not match the ${pattern.type} ${pattern.value}`,
    );
    expect(await decided({ ...SEMVER, pattern }, "v1.2.2")).toContain("not newer than v1.2.3");
  });
});

describe("a rule for other tags", () => {
  const CALVER = { type: "regex", value: "^(?<year>\\d{4})-(?<month>\\d+)-(?<day>\\d+)$" };

  it("orders them by the named groups of a regex, as numbers", async () => {
    await pushTo(shop, "web", "2026-9-30", 1);
    await addTags(numbered(60_000, "'sha-' || n"));
    expect(await decided(CALVER, "2026-10-2")).toBe("fires");
    expect(await decided(CALVER, "2026-9-31")).toBe(
      "the tag 2026-9-31 is not newer than 2026-10-2, which the repository has",
    );
  });

  it("refuses where the database has too many of them to be sure", async () => {
    await pushTo(shop, "web", "2026-9-30", 1);
    await addTags(numbered(6000, "'1999-1-' || n"));
    expect(await decided(CALVER, "2026-10-2")).toMatch(/^too many tags/);
  });

  const BUSY = "(\\w?){450}".repeat(2);

  it.each([
    ["named groups", { type: "regex", value: `^(?<all>${BUSY})$` }, "z1", "'w' || n || hex(zeroblob(55))"],
    [
      "prereleases",
      { ...SEMVER, prerelease: "regex", prereleaseRegex: `^own$|${BUSY}!` },
      "1.0.0-own",
      "'9.0.0-' || n || '.' || hex(zeroblob(50))",
    ],
  ])("refuses where its regex for %s takes too long", async (_, rule, pushed, others) => {
    await pushTo(shop, "web", pushed, 1);
    await addTags(numbered(2000, others));
    expect(await decided(rule, pushed, 2)).toContain("the rule's regex takes too long");
  });

  it("may order them by push time: each push is the newest when it happens", async () => {
    const pushed = { type: "glob", value: "*", order: "pushed" };
    expect(await decided(pushed, "blue", 1)).toBe("fires");
    expect(await decided(pushed, "amber", 2)).toBe("fires");
  });

  it.each([
    [{ type: "glob", value: "*", onlyIfNewer: true }, "match.tag.onlyIfNewer"],
    [{ type: "regex", value: "a", onlyIfNewer: true }, "match.tag.onlyIfNewer"],
    [{ type: "glob", value: "*", order: "pushed" }, "match.tag.order"],
    [{ type: "glob", value: "*", strict: true }, "match.tag.strict"],
    [{ type: "regex", value: "a", pattern: { type: "glob", value: "a" } }, "match.tag.pattern"],
    [{ ...SEMVER, pattern: { type: "regex", value: "(" } }, "match.tag.pattern"],
    [{ ...SEMVER, pattern: { type: "glob", value: "/" } }, "match.tag.pattern"],
    [{ type: "regex", value: "(?<a>b)+" }, "match.tag.value"],
  ])("is refused where it cannot work: %j", async (tag, path) => {
    const answer = await manage("POST", `spaces/${shop.space}/triggers`, { name: "t", match: { tag }, targets: ["t"] });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`"${path}"`);
  });
});

describe("the preview of pushes", () => {
  const match = { tag: { ...SEMVER, onlyIfNewer: true } };

  it("knows tags that were deleted since, and not those that came later", async () => {
    await pushTo(shop, "web", "2.0.0", 1);
    const refused = await pushTo(shop, "web", "1.0.1", 2);
    await manage("POST", `spaces/${shop.space}/tags:delete`, { repository: "web", tags: ["2.0.0"] });
    const fires = await pushTo(shop, "web", "1.0.2", 3);
    await pushTo(shop, "web", "2.0.0", 1);
    await manage("POST", `spaces/${shop.space}/tags:delete`, { repository: "web", tags: ["2.0.0", "1.0.2"] });
    expect(await previewed(match, refused)).toContain("not newer than 2.0.0");
    expect(await previewed(match, fires)).toBe("fires");
  });

  it("knows a group's members that were deleted or moved since", async () => {
    const group = { requireAll: ["api", "ui"] };
    await pushTo(shop, "api", "1.0", 1);
    const complete = await pushTo(shop, "ui", "1.0", 2);
    await manage("POST", `spaces/${shop.space}/tags:delete`, { repository: "api", tags: ["1.0"] });
    const answer = await manage("POST", `spaces/${shop.space}/pushes:preview`, { match: {}, group });
    const { pushes } = preview.parse(await answer.json());
    expect(pushes.find((one) => one.event === complete)).toMatchObject({ fires: true });
    expect(pushes.filter(({ fires }) => fires).length).toBe(1);
  });
});

const PARTS = [
  "0",
  "1",
  "2",
  "10",
  "007",
  "9999999999999999999999",
  "a",
  "A",
  "rc",
  "RC",
  "rc1",
  "x-y",
  "-",
  "0a",
  "Z9",
];

function randomTag(random: () => number): string {
  const list = (most: number, of: readonly string[]): string =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(random, of)).join(".");
  const numbers = list(5, ["0", "1", "2", "10", "01", "123456789012345678901234567890"]);
  const label = random() < 0.6 ? `-${list(7, PARTS)}` : "";
  const build = random() < 0.15 ? pick(random, ["_b1", "_", "__", "_a-b.c"]) : "";
  return `${pick(random, ["", "", "v", "V", "x"])}${numbers}${label}${build}`.slice(0, 128);
}

const keyRow = z.object({
  name: z.string(),
  version_kind: z.int().nullable(),
  version: z.string().nullable(),
  version_folded: z.string().nullable(),
});

/** Expects that equal versions have the same text, and that no newer one has the lesser. */
function agrees(left: string, right: string, order: number): boolean {
  if (order === 0) return left === right;
  return order < 0 ? left <= right : left >= right;
}

describe("a version as text", () => {
  it("is the same in the database, for each tag, whatever it is called", async () => {
    const random = randomFrom(11);
    const odd = [
      "latest",
      "1..2",
      "1.",
      "v",
      "_",
      "_1",
      "1-",
      "1-a..b",
      "1-.a",
      "1-a.",
      "1.2.3.4.5",
      "v1_",
      "1-_x",
      "sha-1.2",
    ];
    const names = [...new Set([...odd, ...Array.from({ length: 1500 }, () => randomTag(random))])];
    await pushTo(shop, "keys", "seed", 1);
    await addTags(`SELECT value AS name FROM json_each('${JSON.stringify(names)}')`, "keys");
    const sql = `SELECT t.name, t.version_kind, t.version, t.version_folded FROM tags t JOIN repositories r ON r.id = t.repository_id
      JOIN spaces s ON s.id = r.space_id WHERE s.name = ? AND r.path = 'keys'`;
    const found = z.array(keyRow).parse((await env.DB.prepare(sql).bind(shop.space).all()).results);
    expect(found.length).toBe(names.length + 1);
    const expected = found.map(({ name }) => {
      const version = parseVersion(name);
      const kind = version && kindOf(version);
      const isFolded = kind !== null && kind % 10 === 2;
      return {
        name,
        version_kind: kind,
        version: version && versionKey(version),
        version_folded: version && isFolded ? versionKey(foldCase(version)) : null,
      };
    });
    expect(found).toEqual(expected);
  });

  it.each([1, 2, 3, 4])("sorts as versions do, seed %i", (seed) => {
    const random = randomFrom(seed);
    const versions = Array.from({ length: 200 }, () => parseVersion(randomTag(random))).filter((one) => one !== null);
    const wrong = versions.flatMap((left) =>
      versions
        .filter((right) => !agrees(versionKey(left), versionKey(right), compareVersions(left, right)))
        .map((right) => [left, right]),
    );
    expect(wrong).toEqual([]);
  });
});

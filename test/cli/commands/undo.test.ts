import { describe, expect, it } from "vitest";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { changeTo, digestOf, page } from "./samples.ts";

const space = "acme";
const a = digestOf("a");
const b = digestOf("b");
const c = digestOf("c");
const CHANGES = [
  changeTo("c", { previousDigest: b }),
  changeTo("b", { previousDigest: a, actor: { id: "tok_2", name: "boss" } }),
];

/** Makes a tag that was `a`, then `b`, and is `c`; the event that set it to `a` is forgotten. */
async function stubTag(): Promise<ManagementStub> {
  const stub = await stubManagement();
  stub.on("getHistory", { space }, page(...CHANGES));
  stub.on("revert", { space }, { repository: "web", tag: "latest", digest: b, previousDigest: c });
  return stub;
}

describe("history", () => {
  it("shows who moved a tag from what to what", async () => {
    const stub = await stubManagement();
    const gone = changeTo("a", { type: "tag.created", content: "gone" });
    stub.on("getHistory", { space }, page(changeTo("b", { type: "tag.deleted", previousDigest: b }), ...CHANGES, gone));
    const { stdout, exitCode } = await runCli(["history", "acme/web:latest"], stub.env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ago +deleted +sha256:b{12} +- +ci +present/);
    expect(stdout).toMatch(/ago +updated +sha256:b{12} +sha256:a{12} +boss +present/);
    expect(stdout).toMatch(/ago +created +sha256:a{12} +- +ci +gone/);
    expect(stub.asked[0]?.what).toBe("GET /api/v1/spaces/acme/history?limit=20&repository=web&tag=latest");
  });

  it("asks for no more than the limit, and gives scripts what the registry says", async () => {
    const stub = await stubManagement();
    stub.on("getHistory", { space }, { items: CHANGES.slice(0, 1), next: "evt_c" });
    const { stdout } = await runCli(["history", "acme/web:latest", "--limit", "1", "--json"], stub.env);
    expect(JSON.parse(stdout)).toEqual(CHANGES.slice(0, 1));
    expect(stub.asked.length).toBe(1);
  });

  it.each(["acme/web", "web:latest", `acme/web@${a}`])("is none of %s", async (reference) => {
    const stub = await stubManagement();
    expect((await runCli(["history", reference], stub.env)).exitCode).toBe(2);
    expect(stub.asked).toEqual([]);
  });
});

describe("revert", () => {
  const args = ["revert", "acme/web:latest"];
  const sent = [["POST /api/v1/spaces/acme/tags:revert", { repository: "web", tag: "latest", to: b }]];

  it("says from what to what, and that it may deploy, and does what was agreed to", async () => {
    const stub = await stubTag();
    const said = await runCli(args, stub.env, { input: "y\n", isTerminal: true });
    expect(said.stderr).toMatch(
      /Move acme\/web:latest at .* from sha256:c{12} \(set .* ago by ci\) to sha256:b{12} \(set .* ago by boss\)\?.*deploy/,
    );
    expect(said).toMatchObject({ exitCode: 0, stdout: `moved acme/web:latest to ${b}, from sha256:cccccccccccc\n` });
    expect(stub.changes).toEqual(sent);
  });

  it.each(["n\n", "", "latest\n"])("does nothing for the answer %j", async (input) => {
    const stub = await stubTag();
    expect((await runCli(args, stub.env, { input, isTerminal: true })).exitCode).not.toBe(0);
    expect(stub.changes).toEqual([]);
  });

  it("is refused where nobody can be asked", async () => {
    const stub = await stubTag();
    const { exitCode, stderr } = await runCli(args, stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--yes");
    expect(stub.changes).toEqual([]);
  });

  it.each([
    ["sha256:aaaaaaaaaaaa", a],
    ["bbbbbb", b],
    [digestOf("d"), digestOf("d")],
    [c, c],
  ])("goes to %s, as the history shows it or as a whole", async (to, expected) => {
    const stub = await stubTag();
    expect((await runCli([...args, "--to", to, "--yes"], stub.env)).exitCode).toBe(0);
    expect(stub.changes).toMatchObject([[sent[0]?.[0], { to: expected }]]);
  });

  it.each([
    ["sha256:dddddddddddd", 3, "history acme/web:latest"],
    ["sha256:b", 2, "--to: give a digest"],
    ["latest", 2, "--to: give a digest"],
  ])("goes nowhere for %s", async (to, exitCode, said) => {
    const stub = await stubTag();
    const ended = await runCli([...args, "--to", to, "--yes"], stub.env);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(said);
    expect(stub.changes).toEqual([]);
  });

  it("neither asks nor tells of more, where the tag is there already", async () => {
    const stub = await stubTag();
    stub.on("revert", { space }, { repository: "web", tag: "latest", digest: c, previousDigest: c });
    const said = await runCli([...args, "--to", c], stub.env);
    expect(said).toEqual({
      exitCode: 0,
      stdout: `acme/web:latest already points to ${c}\n`,
      stderr: `at ${stub.host}\n`,
    });
  });

  it("asks which, where several digests begin like that", async () => {
    const stub = await stubManagement();
    const twins = ["1", "2"].map((end) => changeTo("a", { digest: `sha256:${"a".repeat(63)}${end}` }));
    stub.on("getHistory", { space }, page(...twins));
    expect((await runCli([...args, "--to", "aaaaaaaa", "--yes"], stub.env)).stderr).toContain("several digests");
    expect(stub.changes).toEqual([]);
  });

  it("brings a deleted tag back to its last digest", async () => {
    const stub = await stubTag();
    stub.on("getHistory", { space }, page(changeTo("c", { type: "tag.deleted", previousDigest: c }), ...CHANGES));
    await runCli([...args, "--yes"], stub.env);
    expect(stub.changes).toMatchObject([[sent[0]?.[0], { to: c }]]);
  });

  it("has nothing to go to where there was nothing else", async () => {
    const stub = await stubManagement();
    stub.on("getHistory", { space }, page(changeTo("a", { type: "tag.created" })));
    const { exitCode, stderr } = await runCli([...args, "--yes"], stub.env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("--to");
    expect(stub.changes).toEqual([]);
  });

  it("says what is missing of what is gone", async () => {
    const stub = await stubTag();
    stub.refuse("revert", { space }, 409, "CONTENT_GONE", { missing: [a, b] });
    const { exitCode, stderr } = await runCli([...args, "--yes"], stub.env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("it is CONTENT_GONE (409)");
    expect(stderr).toContain(`Missing: ${a}, ${b}`);
  });

  it("of an immutable tag is refused in the registry's words", async () => {
    const stub = await stubTag();
    stub.refuse("revert", { space }, 403, "DENIED");
    expect(await runCli([...args, "--yes"], stub.env)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("it is DENIED"),
    });
  });
});

describe("deleted", () => {
  const deletedAt = "2026-01-01T00:00:00.000Z";
  const until = "2999-01-01T00:00:00.000Z";

  it("shows a space's repositories", async () => {
    const stub = await stubManagement();
    stub.on("listDeletedRepositories", { space }, page({ name: "web", fullName: "acme/web", deletedAt, until }));
    const { stdout } = await runCli(["deleted", "acme"], stub.env);
    expect(stdout).toMatch(/^acme\/web +repository +\d+ days ago +- +in \d+ days$/m);
  });

  it("shows a repository's tags and manifests, as undelete takes them", async () => {
    const stub = await stubManagement();
    const gone = changeTo("b", { type: "tag.deleted", tag: "old", content: "gone" });
    const kept = {
      ...changeTo("a", { type: "tag.deleted" }),
      until: new Date(Date.now() + 6.5 * 86_400_000).toISOString(),
    };
    stub.on("listDeletedTags", { space }, page(kept, gone));
    const tags = ["1", "2", "3", "4", "5", "6", "7"];
    const manifest = { digest: a, mediaType: "m", size: 5, artifactType: null, tags, deletedAt, until };
    stub.on("listDeletedManifests", { space }, page({ ...manifest, actor: { id: "retention", name: "retention" } }));
    const { stdout } = await runCli(["deleted", "acme/web"], stub.env);
    expect(stdout).toMatch(/^acme\/web:latest +sha256:a{12} +\d+ days ago +ci +in \d+ days$/m);
    expect(stdout).toMatch(/^acme\/web:old +sha256:b{12} .* ci +gone$/m);
    expect(stdout).toMatch(/^acme\/web@sha256:a{12} +manifest of 1, .* retention +in \d+ days$/m);
    expect(stdout).toMatch(/^ +acme\/web@sha256:a{64}$/m);
    const { stdout: json } = await runCli(["deleted", "acme/web", "--json", "--limit", "1"], stub.env);
    expect(JSON.parse(json)).toMatchObject([
      { reference: "acme/web:latest", kind: "tag", digest: a, until: kept.until },
    ]);
    expect(stub.asked.at(-1)?.what).toBe("GET /api/v1/spaces/acme/deleted/tags?limit=1&repository=web");
  });

  it("says so where there is nothing", async () => {
    const stub = await stubManagement();
    stub.on("listDeletedRepositories", { space }, page());
    const said = await runCli(["deleted"], { ...stub.env, SPACEDOCK_SPACE: space });
    expect(said).toMatchObject({ exitCode: 0, stdout: "" });
    expect(said.stderr).toContain("spacedock deleted acme/<path>");
  });
});

describe("undelete", () => {
  it("brings back tags, a manifest and a repository", async () => {
    const stub = await stubManagement();
    const back = { repository: "web", digest: a, tags: ["1"] };
    const undone = [back, { ...back, tags: ["1", "2"] }, { ...back, tags: [] }, { ...back, digest: null, tags: [] }];
    stub.on("undelete", { space }, ...undone);
    const references = ["acme/web:1", `acme/web@${a}`, `acme/web@${b}`, "acme/web"];
    expect((await runCli(["undelete", ...references], stub.env)).stdout).toBe(
      [
        `restored acme/web:1, at ${a}`,
        `restored acme/web@${a}, with 1, 2`,
        `restored acme/web@${b}, without a tag`,
        "restored acme/web\n",
      ].join("\n"),
    );
    expect(stub.changes.map(([, body]) => body)).toEqual([
      { repository: "web", tag: "1" },
      { repository: "web", digest: a },
      { repository: "web", digest: b },
      { repository: "web" },
    ]);
  });

  it.each([
    [404, "DELETION_UNKNOWN", 3],
    [409, "TAG_EXISTS", 1],
  ])("ends as the registry's %i %s has it", async (status, code, exitCode) => {
    const stub = await stubManagement();
    stub.refuse("undelete", { space }, status, code);
    expect((await runCli(["undelete", "acme/web:1"], stub.env)).exitCode).toBe(exitCode);
  });

  it("takes a tag or a digest, not both, before anything is done", async () => {
    const stub = await stubManagement();
    expect((await runCli(["undelete", "acme/web:2", `acme/web:1@${a}`], stub.env)).exitCode).toBe(2);
    expect(stub.changes).toEqual([]);
  });
});

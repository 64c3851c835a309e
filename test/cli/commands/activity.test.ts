import { describe, expect, it } from "vitest";
import type { Activity } from "../../../src/contract/operations.ts";
import { stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { digestOf, page, token } from "./samples.ts";

const space = "acme";

function act(action: string, more: Partial<Activity> = {}): Activity {
  const nothing = { subject: null, name: null, repository: null, reference: null, detail: null };
  return {
    id: `act_${action}`,
    at: "2026-01-01T00:00:00.000Z",
    actor: { id: "tok_1", name: "ci" },
    action,
    ...nothing,
    ...more,
  };
}

describe("activity", () => {
  it("shows who did what to what", async () => {
    const stub = await stubManagement();
    const boss = { id: "administrator", name: "Administrator" };
    stub.on(
      "listActivity",
      { space },
      page(
        act("tag.created", { repository: "web", reference: "1.0" }),
        act("manifest.deleted", { repository: "web", reference: digestOf("a") }),
        act("repository.changed", { repository: "web" }),
        act("token.created", { actor: boss, subject: "tok_2", name: "reader" }),
        act("delivery.redelivered", { subject: "dlv_1" }),
      ),
    );
    const { stdout, exitCode } = await runCli(["activity", "--space", space], stub.env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ago +ci +tag\.created +web:1\.0\n/);
    expect(stdout).toMatch(/manifest\.deleted +web@sha256:a{12}\n/);
    expect(stdout).toMatch(/repository\.changed +web\n/);
    expect(stdout).toMatch(/Administrator +token\.created +reader\n/);
    expect(stdout).toMatch(/delivery\.redelivered +dlv_1\n/);
  });

  it("asks for the token's own space, for no more than the limit, and for what it is narrowed to", async () => {
    const stub = await stubManagement();
    stub.on("whoami", {}, { kind: "token", space, token });
    const items = [act("token.created", { detail: { actions: ["pull"] } })];
    stub.on("listActivity", { space }, { items, next: "act_1" });
    const args = ["activity", "--kind", "token", "--actor", "boss@example.com", "--limit", "1", "--json"];
    const { stdout } = await runCli(args, stub.env);
    expect(JSON.parse(stdout)).toEqual(items);
    expect(stub.asked.map(({ what }) => what)).toEqual([
      "GET /api/v1/whoami",
      "GET /api/v1/spaces/acme/activity?limit=1&kind=token&actor=boss%40example.com",
    ]);
  });

  it("is the registry's own for its administrator", async () => {
    const stub = await stubManagement();
    stub.on("listInstallationActivity", {}, page(act("space.created", { subject: "spc_1", name: "acme" })));
    const { stdout } = await runCli(["activity", "--installation"], stub.env);
    expect(stdout).toMatch(/space\.created +acme\n/);
    expect(stub.asked.map(({ what }) => what)).toEqual(["GET /api/v1/activity?limit=20"]);
  });

  it("says so where there is none, and gives scripts an empty list", async () => {
    const stub = await stubManagement();
    stub.on("listActivity", { space }, page());
    const said = await runCli(["activity", "--space", space], stub.env);
    expect(said).toMatchObject({ exitCode: 0, stdout: "", stderr: "no matching activity\n" });
    expect((await runCli(["activity", "--space", space, "--json"], stub.env)).stdout).toBe("[]\n");
  });

  it.each([
    [["--kind", "weather"], "--kind"],
    [["--installation", "--space", "acme"], "not both"],
  ])("is refused with %j", async (args, told) => {
    const stub = await stubManagement();
    const { exitCode, stderr } = await runCli(["activity", ...args], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(told);
    expect(stub.asked).toEqual([]);
  });
});

describe("storage history", () => {
  it("shows what a space stored day by day", async () => {
    const stub = await stubManagement();
    const days = [
      { day: "2026-11-28", bytes: 2_000_000, repositories: 3 },
      { day: "2026-11-27", bytes: 1000, repositories: 1 },
    ];
    stub.on("getStorageHistory", { space }, page(...days));
    const { stdout } = await runCli(["storage", "history", space], stub.env);
    expect(stdout).toMatch(/2026-11-28 +2\.0 MB +3\n2026-11-27 +1\.0 kB +1\n/);
    expect(stub.asked.map(({ what }) => what)).toEqual(["GET /api/v1/spaces/acme/storage/history?limit=30"]);
    const json = await runCli(["storage", "history", space, "--limit", "1", "--json"], stub.env);
    expect(JSON.parse(json.stdout)).toEqual(days.slice(0, 1));
  });

  it("says when it begins", async () => {
    const stub = await stubManagement();
    stub.on("getStorageHistory", { space }, page());
    expect((await runCli(["storage", "history", space], stub.env)).stderr).toContain("after the next midnight (UTC)");
  });
});

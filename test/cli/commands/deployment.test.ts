import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Delivery, DeliveryDetail } from "../../../src/contract/operations.ts";
import { type ManagementStub, stubManagement } from "../support/management-stub.ts";
import { runCli } from "../support/world.ts";
import { delivery, detailOf, digestOf, event, page, repositoryAt, target, trigger } from "./samples.ts";

const space = "acme";
const IN_SPACE = ["--space", space];

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "deployment-"));
});

afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** Makes a space with a target and a trigger. */
async function stubSpace(): Promise<ManagementStub> {
  const stub = await stubManagement();
  stub.on("listTargets", { space }, page(target));
  stub.on("listTriggers", { space }, page(trigger));
  stub.on("listRepositories", { space }, page(repositoryAt("web"), repositoryAt("shop/api")));
  return stub;
}

async function stubRedelivery(...details: readonly DeliveryDetail[]): Promise<ManagementStub> {
  const stub = await stubSpace();
  for (const detail of details) {
    stub.on("getDelivery", { space, id: detail.id }, detail);
    stub.on("redeliver", { space, id: detail.id }, detail);
  }
  return stub;
}

const isRedelivery = ({ what }: { readonly what: string }): boolean => what.endsWith("/redeliver");

describe("creating a target", () => {
  const create = ["targets", "create", "hook", ...IN_SPACE, "--type", "octopus"];

  it("takes its configuration from assignments and files, and the secret from stdin", async () => {
    const stub = await stubSpace();
    stub.on("createTarget", { space }, target);
    const config = await file("config.json", { project: "Web", release: { packages: ["a"] } });
    const options = ["--url", "https://x", "--config", `@${config}`, "--config", "release.channel=Beta"];
    const more = ["--config", 'deploy={"environments":["Dev"]}', "--secret-stdin"];
    const said = await runCli([...create, ...options, ...more], stub.env, { input: "API-KEY\n" });
    expect(said.exitCode).toBe(0);
    expect(`${said.stdout}${said.stderr}`).not.toContain("API-KEY");
    expect(stub.changes[0]?.[1]).toEqual({
      name: "hook",
      type: "octopus",
      url: "https://x",
      secret: "API-KEY",
      config: { project: "Web", release: { packages: ["a"], channel: "Beta" }, deploy: { environments: ["Dev"] } },
    });
  });

  it("shows the secret that the registry makes", async () => {
    const stub = await stubSpace();
    stub.on("createTarget", { space }, { ...target, secret: "whsec_1" });
    const { stdout } = await runCli([...create], stub.env);
    expect(stdout).toMatch(/secret: +whsec_1\n +\(shown only once\)/);
  });

  it.each([
    [["--config", "nothing"], 2, "key=value"],
    [["--config", "@/nowhere.json"], 1, "cannot read /nowhere.json"],
  ])("refuses %j", async (options, exitCode, said) => {
    const stub = await stubSpace();
    const ended = await runCli([...create, ...options], stub.env);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(said);
    expect(stub.changes).toEqual([]);
  });
});

describe("a target", () => {
  it("is switched off, given a new secret and deleted by its name", async () => {
    const stub = await stubSpace();
    const path = { space, id: "tgt_1" };
    stub.on("disableTarget", path, { ...target, enabled: false });
    stub.on("rotateTargetSecret", path, { secret: "whsec_2", previousUntil: "2999-01-01T00:00:00.000Z" });
    stub.on("deleteTarget", path, null);
    expect((await runCli(["targets", "disable", "hook", ...IN_SPACE], stub.env)).stdout).toBe("disabled tgt_1\n");
    const rotated = await runCli(["targets", "rotate-secret", "hook", ...IN_SPACE, "--json"], stub.env);
    expect(JSON.parse(rotated.stdout)).toMatchObject({ secret: "whsec_2" });
    expect((await runCli(["targets", "delete", "hook", ...IN_SPACE, "-y"], stub.env)).exitCode).toBe(0);
    const base = "/api/v1/spaces/acme/targets/tgt_1";
    expect(stub.changes.map(([what]) => what)).toEqual([
      `POST ${base}/disable`,
      `POST ${base}/rotate-secret`,
      `DELETE ${base}`,
    ]);
  });

  it("shows why it was switched off", async () => {
    const stub = await stubSpace();
    stub.on("getTarget", { space, id: "tgt_1" }, { ...target, enabled: false, disabledReason: "it answered 410" });
    expect((await runCli(["targets", "show", "tgt_1", ...IN_SPACE], stub.env)).stdout).toContain("it answered 410");
  });
});

describe("editing", () => {
  it("a target sends what is otherwise, on top of the settings that it has", async () => {
    const stub = await stubSpace();
    const path = { space, id: "tgt_1" };
    stub.on("getTarget", path, { ...target, config: { project: "Web", release: { notes: "x" } } });
    stub.on("updateTarget", path, { ...target, secret: "whsec_3" });
    const options = ["--url", "https://y", "--config", "release.channel=Beta", "--no-secret"];
    const said = await runCli(["targets", "edit", "hook", ...IN_SPACE, ...options], stub.env);
    expect(said.stdout).toContain("whsec_3");
    const config = { project: "Web", release: { notes: "x", channel: "Beta" } };
    expect(stub.changes).toEqual([
      ["PATCH /api/v1/spaces/acme/targets/tgt_1", { url: "https://y", config, secret: null }],
    ]);
  });

  it("a trigger sends what is otherwise, on top of the rules that it has", async () => {
    const stub = await stubSpace();
    const path = { space, id: "trg_1" };
    stub.on("getTrigger", path, { ...trigger, match: { repositories: ["web"], digestChangedOnly: true } });
    stub.on("updateTrigger", path, trigger);
    const edit = ["triggers", "edit", "releases", ...IN_SPACE];
    expect((await runCli([...edit, "--repository", "api", "--no-group", "--no-debounce"], stub.env)).exitCode).toBe(0);
    expect((await runCli([...edit, "--name", "r", "--debounce", "30s"], stub.env)).exitCode).toBe(0);
    expect(stub.changes.map(([, body]) => body)).toEqual([
      { match: { repositories: ["api"], digestChangedOnly: true }, group: null, debounceSeconds: null },
      { name: "r", debounceSeconds: 30 },
    ]);
  });
});

describe("creating a trigger", () => {
  const create = ["triggers", "create", "releases", ...IN_SPACE, "--target", "hook"];

  it("says all rules as the management API has them", async () => {
    const stub = await stubSpace();
    stub.on("createTrigger", { space }, trigger);
    const rules = ["--repository", "web/*", "--event", "tag.created", "--tag", "semver:>=1.0", "--only-if-newer"];
    const more = [
      "--strict",
      "--pattern",
      "glob:v*",
      "--prerelease",
      "regex:^rc",
      "--exclude",
      "a,b",
      "--digest-changed",
      "--platform",
      "linux/amd64",
    ];
    const group = ["--require-all", "web/api,web/ui", "--within", "15m", "--debounce", "30s"];
    expect((await runCli([...create, ...rules, ...more, ...group], stub.env)).exitCode).toBe(0);
    expect(stub.changes[0]?.[1]).toEqual({
      name: "releases",
      targets: ["tgt_1"],
      match: {
        repositories: ["web/*"],
        events: ["tag.created"],
        tag: {
          type: "semver",
          value: ">=1.0",
          prerelease: "regex",
          prereleaseRegex: "^rc",
          exclude: ["a", "b"],
          onlyIfNewer: true,
          strict: true,
          pattern: { type: "glob", value: "v*" },
        },
        digestChangedOnly: true,
        platforms: { all: ["linux/amd64"] },
      },
      group: { requireAll: ["web/api", "web/ui"], timeoutSeconds: 900 },
      debounceSeconds: 30,
    });
  });

  it("orders tags by push time", async () => {
    const stub = await stubSpace();
    stub.on("createTrigger", { space }, trigger);
    const rules = ["--tag", "glob:*", "--only-if-newer", "--order", "pushed"];
    expect((await runCli([...create, ...rules], stub.env)).exitCode).toBe(0);
    const tag = { type: "glob", value: "*", onlyIfNewer: true, order: "pushed" };
    expect(stub.changes[0]?.[1]).toMatchObject({ match: { tag } });
  });

  it.each([
    [["--strict"], "need --tag"],
    [
      ["--tag", "semver:*", "--pattern", "v*"],
      '"v*" is not a pattern for tags: write its type in front, for example glob:v*',
    ],
    [["--tag", "semver:*", "--order", "name"], "--order must be version or pushed"],
  ])("says what is wrong with %j", async (options, said) => {
    const stub = await stubSpace();
    const { exitCode, stderr } = await runCli([...create, ...options], stub.env);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(said);
  });

  it("takes a file, with options on top of it", async () => {
    const stub = await stubSpace();
    stub.on("createTrigger", { space }, trigger);
    const rules = { match: { repositories: ["api"], tag: { type: "exact", value: "latest" } }, targets: ["hook"] };
    const path = await file("trigger.json", rules);
    const args = ["triggers", "create", "releases", ...IN_SPACE, "--file", path, "--repository", "web"];
    await runCli(args, stub.env);
    expect(stub.changes[0]?.[1]).toEqual({
      name: "releases",
      targets: ["tgt_1"],
      match: { repositories: ["web"], tag: { type: "exact", value: "latest" } },
    });
  });

  it.each([
    ["{", "is not JSON"],
    [{ match: { tagg: "1" } }, "match: Unrecognized key"],
  ])("refuses the file %j", async (content, said) => {
    const stub = await stubSpace();
    const { exitCode, stderr } = await runCli([...create, "--file", await file("bad.json", content)], stub.env);
    expect(exitCode).toBe(6);
    expect(stderr).toContain(said);
  });

  it.each([
    [["--tag", "1.0"], "semver:1.0"],
    [["--only-if-newer"], "need --tag"],
    [["--within", "5m"], "--require-all"],
    [["--tag", "exact:1", "--prerelease", "some"], "regex:<expression>"],
  ])("refuses %j", async (options, said) => {
    const stub = await stubSpace();
    const { exitCode, stderr } = await runCli([...create, ...options], stub.env);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(said);
    expect(stub.changes).toEqual([]);
  });
});

describe("trying a trigger", () => {
  it("says whether a push would fire it, in the space that the reference names", async () => {
    const stub = await stubSpace();
    stub.on("previewTrigger", { space }, { fires: false, reason: "too old" }, { fires: true });
    const saved = await runCli(["triggers", "preview", "acme/web/api:1", "--trigger", "releases"], stub.env);
    expect(saved.stdout).toBe("no: too old\n");
    const rules = await runCli(["triggers", "preview", "acme/web:1", "--tag", "glob:*"], stub.env);
    expect(rules.stdout).toBe("yes: it would fire\n");
    expect(stub.changes.map(([, body]) => body)).toEqual([
      { trigger: "trg_1", repository: "web/api", tag: "1" },
      { match: { tag: { type: "glob", value: "*" } }, repository: "web", tag: "1" },
    ]);
  });

  it("ends with 1 where a target does not take a test", async () => {
    const stub = await stubSpace();
    const sent = { type: "registry.tag.updated" };
    const result = { target: "tgt_1", name: "hook", outcome: "retry", status: 500, milliseconds: 3, detail: "oops" };
    stub.on("testTrigger", { space, id: "trg_1" }, { event: sent, results: [result] });
    const ended = await runCli(["triggers", "test", "releases", ...IN_SPACE, "--push", "acme/web:1"], stub.env);
    expect(ended).toMatchObject({ exitCode: 1, stderr: `at ${stub.host}\nspacedock: the test failed for hook\n` });
    expect(ended.stdout).toContain("oops");
    expect(stub.changes[0]?.[1]).toEqual({ repository: "web", tag: "1" });
  });

  it("refuses a push to another space", async () => {
    const stub = await stubSpace();
    const { exitCode, stderr } = await runCli(
      ["triggers", "test", "releases", ...IN_SPACE, "--push", "other/web:1"],
      stub.env,
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--space other");
  });

  it("replays to the end, batch by batch", async () => {
    const stub = await stubSpace();
    stub.on("replayTrigger", { space, id: "trg_1" }, { replayed: 1000 }, { replayed: 5 });
    const since = Date.now() - 7_200_000;
    const said = await runCli(["triggers", "replay", "releases", ...IN_SPACE, "--since", "2h", "--json"], stub.env);
    expect(JSON.parse(said.stdout)).toEqual({ replayed: 1005 });
    const { since: asked } = JSON.parse(JSON.stringify(stub.changes[0]?.[1]));
    expect(Math.abs(Date.parse(asked) - since)).toBeLessThan(10_000);
  });
});

describe("events", () => {
  it("show why each trigger did not fire", async () => {
    const stub = await stubSpace();
    stub.on("getEvent", { space, id: "evt_1" }, event);
    const said = await runCli(["events", "show", "evt_1", ...IN_SPACE], stub.env);
    expect(said.stdout).toMatch(/releases +no +the version 1\.0\.0 is not within \^2/);
    expect(said.stderr).toContain("--event evt_1");
  });

  it("are the newest twenty", async () => {
    const stub = await stubSpace();
    stub.on("listEvents", { space }, { items: [event, { ...event, triggers: null }], next: null });
    const { stdout } = await runCli(["events", "list", ...IN_SPACE], stub.env);
    expect(stdout).toMatch(/tag\.created +acme\/web:1\.0\.0 +0 of 1\n +sha256:a{64}\n/);
    expect(stdout).toContain("undecided");
    expect(stub.asked[0]?.what).toContain("limit=20");
  });
});

describe("deliveries", () => {
  it("are filtered by names", async () => {
    const stub = await stubSpace();
    stub.on("listDeliveries", { space }, page(delivery));
    const args = ["deliveries", "list", ...IN_SPACE, "--status", "failed", "--trigger", "releases", "--target", "hook"];
    const { stdout } = await runCli(args, stub.env);
    expect(stdout).toMatch(/acme\/web:1\.0\.0 +hook +failed\n +releases, 8 attempts: it answered 500: out of order/);
    const { what } = stub.asked.find(({ what: one }) => one.includes("/deliveries")) ?? { what: "" };
    expect(new URL(what.slice(4), "http://x").searchParams.toString()).toBe(
      "status=failed&trigger=trg_1&target=tgt_1&limit=20",
    );
  });

  it("show every attempt", async () => {
    const stub = await stubSpace();
    const attempt = {
      number: 1,
      at: delivery.createdAt,
      milliseconds: 12,
      status: 500,
      outcome: "retry",
      detail: "a\nb",
    };
    stub.on("getDelivery", { space, id: "dlv_1" }, detailOf("dlv_1", { attempts: [attempt] }));
    const { stdout, stderr } = await runCli(["deliveries", "show", "dlv_1", ...IN_SPACE], stub.env);
    expect(stdout).toMatch(/1 +\d+ days ago +retry +500 +12 ms +a b/);
    expect(stderr).toContain("redeliver dlv_1");
  });

  const change = {
    repository: "acme/web",
    tag: "1.0.0",
    digest: digestOf("a"),
    deploys: true,
    followed: true,
    current: { tag: "1.0.1", digest: digestOf("b"), delivery: "dlv_9", deployedAt: delivery.createdAt },
  };
  const redelivery = [change];

  it("are sent again with --yes, without a question", async () => {
    const stub = await stubRedelivery(detailOf("dlv_1"), detailOf("dlv_2"));
    const said = await runCli(["deliveries", "redeliver", "dlv_1", "dlv_2", "--yes", ...IN_SPACE], stub.env);
    expect(said.stdout).toBe("sending dlv_1 again\nsending dlv_2 again\n");
  });

  it("are not sent again where nobody can be asked, but what would run in place of what is said", async () => {
    const stub = await stubRedelivery(detailOf("dlv_1", { redelivery }));
    const said = await runCli(["deliveries", "redeliver", "dlv_1", ...IN_SPACE], stub.env);
    expect(said.exitCode).not.toBe(0);
    expect(said.stderr).toMatch(
      /hook would run acme\/web:1\.0\.0 \(sha256:a+\) instead of acme\/web:1\.0\.1 \(sha256:b+\)/,
    );
    expect(stub.asked.filter(isRedelivery)).toEqual([]);
  });

  it.each([
    [{ followed: false }, "hook would be told to deploy acme/web:1.0.0"],
    [{ deploys: false }, "hook only notifies; it is notified of acme/web:1.0.0"],
    [{ current: null }, "Nothing else of acme/web is known to run there."],
    [{ digest: digestOf("b") }, "again; that is what it received last"],
  ])("say what they would change: %j", async (more, sentence) => {
    const stub = await stubRedelivery(detailOf("dlv_1", { redelivery: [{ ...change, ...more }] }));
    const said = await runCli(["deliveries", "redeliver", "dlv_1", ...IN_SPACE], stub.env);
    expect(said.stderr).toContain(sentence);
  });

  it("are canceled", async () => {
    const stub = await stubSpace();
    const canceled = detailOf("dlv_1", { status: "canceled", canceledBy: { id: "sdt_1", name: "ops" } });
    stub.on("cancelDelivery", { space, id: "dlv_1" }, canceled);
    const said = await runCli(["deliveries", "cancel", "dlv_1", ...IN_SPACE], stub.env);
    expect(said.stdout).toBe("canceled dlv_1\n");
    expect(stub.changes.map(([what]) => what)).toEqual(["POST /api/v1/spaces/acme/deliveries/dlv_1/cancel"]);
  });

  it("are followed, a line for each change, until Ctrl-C", async () => {
    const stub = await stubSpace();
    const pending: Delivery = { ...delivery, status: "pending", attempts: 0, reason: null, finishedAt: null };
    const newer = { ...pending, id: "dlv_2" };
    const done: Delivery = { ...newer, status: "delivered", attempts: 1 };
    stub.on("listDeliveries", { space }, page(pending), page(newer, pending), page(done, pending));
    const { promise: interrupt, resolve: press } = Promise.withResolvers<null>();
    const timer = setInterval(() => {
      if (stub.asked.filter(({ what }) => what.includes("/deliveries")).length > 4) press(null);
    }, 5);
    const args = ["deliveries", "tail", "--follow", "--every", "5ms", ...IN_SPACE, "--json"];
    const said = await runCli(args, stub.env, { interrupt });
    clearInterval(timer);
    expect(said.exitCode).toBe(130);
    const lines = said.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([pending, newer, done]);
  });
});

describe("what is deployed", () => {
  const deployed = {
    target: "tgt_1",
    repository: "acme/web",
    tag: "1",
    digest: event.data.digest,
    delivery: "dlv_1",
    deployedAt: delivery.createdAt,
    current: true,
    followed: false,
  };

  it("is shown for a target", async () => {
    const stub = await stubSpace();
    stub.on("listDeployed", { space }, page(deployed));
    const { stdout } = await runCli(["deployed", "--target", "hook", ...IN_SPACE], stub.env);
    expect(stdout).toMatch(/hook +was told +acme\/web:1 +sha256:a{12}/);
    expect(stub.asked.map(({ what }) => what)).toContain("GET /api/v1/spaces/acme/deployed?target=tgt_1&current=true");
  });

  it("runs where the target was followed to its end, and may be shown with what was before", async () => {
    const stub = await stubSpace();
    const before = { ...deployed, tag: "0", current: false };
    const followed = { ...deployed, followed: true };
    stub.on("listDeployed", { space }, page(followed, { ...followed, ...before, followed: true }, before));
    const { stdout } = await runCli(["deployed", "--before", ...IN_SPACE], stub.env);
    expect(stdout).toMatch(/runs +acme\/web:1 [^]*ran +acme\/web:0 [^]*was told before +acme\/web:0 /);
    expect(stub.asked.map(({ what }) => what)).toContain("GET /api/v1/spaces/acme/deployed");
  });
});

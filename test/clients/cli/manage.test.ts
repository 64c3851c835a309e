import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import * as z from "zod";
import { freePort } from "../../../harness/live/port.ts";
import type { Outcome } from "../../../harness/live/run.ts";
import { run } from "../../../harness/live/run.ts";
import { type Home, openHome } from "../support/home.ts";
import { makeIndexLayout } from "../support/layout.ts";
import { scratch } from "../support/scratch.ts";

/** Tests the published management commands against a running registry, with skopeo to push. */
const root = resolve(import.meta.dirname, "../../..");
const space = `manage-${Date.now().toString(36)}`;
const PATIENCE = { timeout: 60_000, interval: 500 };

let home: Home;
let host = "";
let receiver: Server;
let receiverUrl = "";
let answersWith = 410;

async function attempt(args: readonly string[], input?: string): Promise<Outcome> {
  return home.attempt("node", [resolve(root, "dist/spacedock.js"), ...args], input);
}

/** Returns the command's output; the command must succeed. */
async function spacedock(args: readonly string[], input?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(args, input);
  if (exitCode !== 0) throw new Error(`spacedock ${args.join(" ")} ended with ${exitCode}\n${stderr}`);
  return stdout.toString();
}

async function json<S extends z.ZodType>(schema: S, ...args: readonly string[]): Promise<z.output<S>> {
  return schema.parse(JSON.parse(await spacedock([...args, "--json"])));
}

const deliveries = z.array(z.looseObject({ id: z.string(), event: z.string(), status: z.string(), attempts: z.int() }));

async function push(name: string): Promise<string> {
  const layout = scratch(home);
  const digest = await makeIndexLayout(layout, [5000]);
  const options = [
    "--all",
    "--preserve-digests",
    "--dest-tls-verify=false",
    "--authfile",
    home.path("docker/config.json"),
  ];
  await home.run("skopeo", ["copy", ...options, `oci:${layout}:latest`, `docker://${host}/${space}/${name}`]);
  return digest;
}

beforeAll(async () => {
  await run(process.execPath, ["scripts/build-cli.ts"], { cwd: root, env: {} });
  host = new URL(inject("registry").url).host;
  home = await openHome();
  const port = await freePort();
  receiver = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(answersWith).end("the receiver's answer"));
  }).listen(port, "127.0.0.1");
  await once(receiver, "listening");
  receiverUrl = `http://127.0.0.1:${port}/`;
});

afterAll(async () => {
  receiver.close();
  await home.remove();
});

describe("spacedock, from a space's making to its end", () => {
  it("logs in as the administrator, who makes a space", async () => {
    const { adminToken } = inject("registry");
    expect(await spacedock(["login", host, "--password-stdin"], adminToken)).toContain("ADMIN_TOKEN");
    expect(await json(z.looseObject({}), "whoami")).toMatchObject({ kind: "installation", space: null });
    expect(await spacedock(["spaces", "create", space])).toBe(`created ${space}\n`);
    const listed = await json(z.array(z.looseObject({ name: z.string() })), "spaces", "list");
    expect(listed.map(({ name }) => name)).toContain(space);
  });

  it("makes a token, and logs in with that for docker too", async () => {
    const args = [
      "tokens",
      "create",
      "ci",
      "--space",
      space,
      "--actions",
      "pull,push,delete,admin",
      "--expires",
      "90d",
    ];
    const secret = (await spacedock(args)).trim();
    await spacedock(["login", host, "--password-stdin"], secret);
    expect(await spacedock(["whoami"])).toMatch(
      new RegExp(`space: +${space}\\n.*\\nmay do: +pull, push, delete, admin`),
    );
    const { auths } = z
      .object({ auths: z.record(z.string(), z.object({ auth: z.string() })) })
      .parse(JSON.parse(await readFile(home.path("docker/config.json"), "utf8")));
    expect(Buffer.from(auths[host]?.auth ?? "", "base64").toString()).toBe(`spacedock:${secret}`);
  });

  it("finds the way, the login and the limits in order", async () => {
    const { exitCode, stdout } = await attempt(["doctor"]);
    expect({ exitCode, stdout: stdout.toString() }).toMatchObject({ exitCode: 0 });
    expect(stdout.toString()).toMatch(/^ok +api +Spacedock's, version 1$/m);
    expect(stdout.toString()).toMatch(/^ok +token +ci, in the space .*it expires in 90 days$/m);
    expect(stdout.toString()).toMatch(/^ok +body limit +bodies of 1\.0 GB pass/m);
    expect(await json(z.array(z.unknown()), "repos", "list")).toEqual([]);
  });

  it("delivers a push by a trigger, and tells why another was not", async () => {
    await spacedock(["targets", "create", "hook", "--type", "standard-webhook", "--url", receiverUrl]);
    await spacedock(["triggers", "create", "releases", "--target", "hook", "--tag", "semver:>=1"]);
    expect(await spacedock(["triggers", "preview", `${space}/web:2.0.0`, "--trigger", "releases"])).toMatch(/^yes/);
    await push("web:0.1.0");
    await push("web:1.0.0");
    await expect.poll(() => json(deliveries, "deliveries", "list"), PATIENCE).toMatchObject([{ status: "failed" }]);
    const event = z.array(z.looseObject({ id: z.string(), data: z.looseObject({ tag: z.string().nullable() }) }));
    const events = await json(event, "events", "list");
    const early = events.find(({ data }) => data.tag === "0.1.0");
    const shown = await spacedock(["events", "show", early?.id ?? "?"]);
    expect(shown).toMatch(/releases +no +the version 0\.1\.0 is not within >=1/);
  });

  it("shows what failed, and sends it again once the receiver is mended", async () => {
    const [failed] = await json(deliveries, "deliveries", "list", "--status", "failed", "--target", "hook");
    const id = failed?.id ?? "?";
    expect(await spacedock(["deliveries", "show", id])).toMatch(/^1 +.*410 +\d+ ms +the receiver's answer$/m);
    answersWith = 200;
    await spacedock(["targets", "enable", "hook"]);
    await spacedock(["deliveries", "redeliver", id, "--yes"]);
    await expect.poll(() => json(deliveries, "deliveries", "list"), PATIENCE).toMatchObject([{ status: "delivered" }]);
    expect(await spacedock(["deliveries", "tail"])).toContain("delivered");
    expect(await spacedock(["deployed"])).toMatch(new RegExp(`hook +was told +${space}/web:1\\.0\\.0`));
    expect(await spacedock(["triggers", "test", "releases"])).toContain("the receiver's answer");
  });

  it("tells who moved a tag from what to what, and moves it back", async () => {
    const first = await push("web:latest");
    const second = await push("web:latest");
    const latest = `${space}/web:latest`;
    expect(await json(z.array(z.looseObject({})), "history", latest)).toMatchObject([
      { type: "tag.updated", digest: second, previousDigest: first, actor: { name: "ci" }, content: "present" },
      { type: "tag.created", digest: first },
    ]);
    const unasked = await attempt(["revert", latest]);
    expect(unasked.exitCode).toBe(2);
    expect(unasked.stderr).toContain("it may deploy");
    await spacedock(["revert", latest, "--yes"]);
    expect(await spacedock(["inspect", latest])).toContain(first);
    await spacedock(["revert", latest, "--to", second.slice(0, 19), "--yes"]);
    expect(await spacedock(["inspect", latest])).toContain(second);
  });

  it("brings back what was deleted: a tag, a manifest, a repository", async () => {
    const latest = `${space}/web:latest`;
    const { digest } = await json(z.looseObject({ digest: z.string() }), "inspect", latest);
    const manifest = `${space}/web@${digest}`;
    for (const [removal, where, reference] of [
      [["rm", latest], `${space}/web`, latest],
      [["rm", manifest], `${space}/web`, manifest],
      [["repos", "delete", `${space}/web`], space, `${space}/web`],
    ] as const) {
      await spacedock([...removal, "--yes"]);
      expect((await attempt(["inspect", latest])).exitCode).toBe(3);
      const listed = await json(z.array(z.looseObject({ reference: z.string() })), "deleted", where);
      expect(listed.map((one) => one.reference)).toContain(reference);
      expect(await spacedock(["undelete", reference])).toContain(`restored ${reference}`);
      expect(await spacedock(["inspect", latest])).toContain(digest);
    }
    expect((await attempt(["undelete", latest])).stderr).toContain("the tag exists");
    expect(await json(z.array(z.unknown()), "spaces", "damaged", space)).toEqual([]);
  });

  it("holds immutable tags where they are", async () => {
    const latest = `${space}/web:latest`;
    await spacedock(["repos", "immutable", `${space}/web`, "--tags", "latest,v*"]);
    expect(await spacedock(["repos", "show", `${space}/web`])).toMatch(/immutable tags: +latest, v\*/);
    for (const line of [
      ["revert", latest],
      ["rm", latest],
      ["repos", "delete", `${space}/web`],
    ]) {
      const { exitCode, stderr } = await attempt([...line, "--yes"]);
      expect({ line, exitCode, stderr }).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("immutable") });
    }
    expect(await spacedock(["repos", "immutable", `${space}/web`, "--inherit"])).toContain("same as the space");
    expect((await attempt(["spaces", "immutable", space, "--tags", "!v*"])).stderr).toContain("at least one pattern");
  });

  it("saves a retention rule, and one that keeps nothing only when that is confirmed", async () => {
    const rules = ["--repository", "web/**,web", "--keep-newest", "20", "--keep-tag", "v*"];
    // A fresh push stays in any case.
    const previewed = await attempt(["retention", "preview", ...rules]);
    expect(previewed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("nothing would be deleted now") });
    await spacedock(["retention", "create", "builds", ...rules]);
    expect(await spacedock(["retention", "update", "builds", "--keep-newest", "10"])).toContain(
      "the newest 10; tags v*",
    );
    const refused = await attempt(["retention", "update", "builds", "--keep-newest", "none", "--keep-tag", "none"]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/keeps nothing.*\n.*--confirm/) });
    expect(await spacedock(["retention", "list"])).toMatch(/builds +on +web\/\*\*, web +the newest 10; tags v\*/);
    await spacedock(["retention", "disable", "builds"]);
    await spacedock(["retention", "update", "builds", "--keep-newest", "none", "--keep-tag", "none"]);
    expect((await attempt(["retention", "enable", "builds"])).stderr).toContain("--confirm");
    await spacedock(["retention", "enable", "builds", "--confirm"]);
    await spacedock(["retention", "delete", "builds", "--yes"]);
    expect(await json(z.array(z.unknown()), "retention", "list")).toEqual([]);
  });

  it("shows what was pushed, and deletes it", async () => {
    const digest = await push("web:2.0.0");
    expect(await spacedock(["tags", `${space}/web`])).toMatch(
      /^2\.0\.0 +sha256:\w{12} +\d.* kB +\d+ seconds? ago +\S.*$/m,
    );
    expect(await spacedock(["inspect", `${space}/web:2.0.0`])).toContain(digest);
    await spacedock(["repos", "public", `${space}/web`]);
    expect((await attempt(["rm", `${space}/web:2.0.0`])).exitCode).toBe(2);
    await spacedock(["rm", `${space}/web:2.0.0`, "--yes"]);
    expect((await attempt(["inspect", `${space}/web:2.0.0`])).exitCode).toBe(3);
    await spacedock(["repos", "delete", `${space}/web`, "--yes"]);
    expect((await attempt(["repos", "show", `${space}/web`])).exitCode).toBe(3);
  });

  it("revokes its token and logs out", async () => {
    await spacedock(["tokens", "revoke", "ci", "--yes"]);
    expect((await attempt(["whoami"])).exitCode).toBe(4);
    expect(await spacedock(["logout"])).toBe(`logged out of ${host}\n`);
    expect(await readFile(home.path("docker/config.json"), "utf8")).not.toContain(host);
  });
});

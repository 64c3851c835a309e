import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { freePort } from "../../harness/live/port.ts";
import { type Daemon, startDaemon, waitUntilReady } from "../../harness/live/process.ts";
import { useBench } from "./support/bench.ts";
import type { Client } from "./support/contract.ts";
import { deploymentOf } from "./support/deployment.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

/** Tests pushes by a real client, and receivers over real HTTP that pull the images that they are told of. */
const skopeo: Pick<Client, "login"> = {
  login: (home, host, password) =>
    home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
};

const RELEASES = { tag: { type: "semver", value: ">=1" } };
const PATIENCE = { timeout: 60_000 };

/** Pushes one image under several tags; returns its digest. */
async function push(home: Home, ...names: readonly string[]): Promise<string> {
  const layout = scratch(home);
  const digest = await makeImageLayout(layout, [5000]);
  for (const name of names) {
    await home.run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, `docker://${name}`]);
  }
  return digest;
}

interface Delivered {
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The digest that the tag led to when the event came. */
  readonly pulled: string;
}

const told = z.object({ data: z.object({ repository: z.string(), tag: z.string(), digest: z.string() }) });

describe("a receiver of Standard Webhooks", () => {
  const bench = useBench("receiver", skopeo);
  const delivered: Delivered[] = [];
  let server: Server;
  let home: Home;
  let secret = "";

  beforeAll(async () => {
    home = await bench.openHome();
    server = createServer((request, response) => {
      void (async () => {
        const body = await text(request);
        const { repository, tag } = told.parse(JSON.parse(body)).data;
        const name = `docker://${bench.space.host}/${repository}:${tag}`;
        const pulled = await home.run("skopeo", ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", name]);
        const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
        delivered.push({ headers, body, pulled: pulled.trim() });
        response.end("deployed");
      })().catch((fault: unknown) => {
        response.writeHead(500).end(String(fault));
      });
    });
    const port = await freePort();
    server.listen(port, "127.0.0.1");
    const deployment = deploymentOf(bench.space.name);
    const target = await deployment.target({ type: "standard-webhook", url: `http://127.0.0.1:${port}/` });
    secret = target.secret ?? "";
    await deployment.trigger(RELEASES, target.id);
  });

  afterAll(() => {
    server.close();
  });

  it("hears of a push that matches, signed, when the tag can be pulled, and not of one that does not", async () => {
    const digest = await push(home, bench.space.repository("web:latest"), bench.space.repository("web:1.2.3"));
    await expect.poll(() => delivered.length, PATIENCE).toBe(1);
    const [event] = delivered;
    const document = told.parse(new Webhook(secret).verify(event?.body ?? "", event?.headers ?? {}));
    expect(document.data).toMatchObject({ repository: `${bench.space.name}/web`, tag: "1.2.3" });
    expect(event?.pulled).toBe(document.data.digest);
    expect(document.data.digest).toBe(digest);
    await expect.poll(deploymentOf(bench.space.name).deliveries, PATIENCE).toMatchObject([{ status: "delivered" }]);
  });
});

describe("Debian's webhook server", () => {
  const bench = useBench("webhook", skopeo);
  const SECRET = "shared-with-the-server";
  let home: Home;
  let daemon: Daemon;

  beforeAll(async () => {
    home = await bench.openHome();
    // The script of a person: pull the tag that the event names, and note the digest.
    const script = home.path("deploy.sh");
    const inspect = `skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$1/$2:$3"`;
    await writeFile(script, `#!/bin/sh\n${inspect} > "${home.path("deployed")}"\n`);
    await chmod(script, 0o755);
    const named = ["data.registry", "data.repository", "data.tag"].map((name) => ({ source: "payload", name }));
    const signature = { source: "header", name: "X-Hub-Signature-256" };
    const hook = {
      id: "deploy",
      "execute-command": script,
      "include-command-output-in-response": true,
      "pass-arguments-to-command": named,
      "trigger-rule": { match: { type: "payload-hmac-sha256", secret: SECRET, parameter: signature } },
    };
    await writeFile(home.path("hooks.json"), JSON.stringify([hook]));
    const port = await freePort();
    const args = ["-hooks", home.path("hooks.json"), "-ip", "127.0.0.1", "-port", String(port), "-verbose"];
    daemon = startDaemon("webhook", args, { env: home.env, cwd: home.directory });
    await waitUntilReady(daemon, "webhook", () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    );
    const deployment = deploymentOf(bench.space.name);
    const url = `http://127.0.0.1:${port}/hooks/deploy`;
    const right = await deployment.target({ type: "generic-hmac", url, secret: SECRET });
    const wrong = await deployment.target({ type: "generic-hmac", url, secret: "another-secret" });
    await deployment.trigger({ ...RELEASES, repositories: ["web"] }, right.id);
    await deployment.trigger({ ...RELEASES, repositories: ["forged"] }, wrong.id);
  });

  afterAll(async () => {
    await daemon.stop();
  });

  it("verifies the signature and runs a command that pulls the image by its tag", async () => {
    const digest = await push(home, bench.space.repository("web:2.0.0"));
    await expect.poll(deploymentOf(bench.space.name).deliveries, PATIENCE).toMatchObject([{ status: "delivered" }]);
    expect((await readFile(home.path("deployed"), "utf8")).trim()).toBe(digest);
  });

  it("refuses what another secret signed, which is tried again", async () => {
    await push(home, bench.space.repository("forged:2.0.0"));
    const { deliveries } = deploymentOf(bench.space.name);
    await expect.poll(() => daemon.output(), PATIENCE).toContain("invalid payload signatures");
    expect((await deliveries())[0]).toMatchObject({ status: "pending" });
  });
});

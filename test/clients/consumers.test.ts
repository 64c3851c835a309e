import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { freePort } from "../../harness/live/port.ts";
import { type Daemon, startDaemon, waitUntilReady } from "../../harness/live/process.ts";
import { useBench } from "./support/bench.ts";
import { deploymentOf, type ListedDelivery } from "./support/deployment.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

/**
 * Tests that the Go libraries of receivers take our requests. Keel, Argo CD Image Updater, Flux and Kargo
 * themselves need a cluster to run, and the Go module proxy that the clients are built from refuses their
 * modules.
 */

const PATIENCE = { timeout: 60_000 };

/** The program that .ci/install-clients builds from test/clients/consumers. */
const COMMAND = "consumers";

const listed = z.array(
  z.strictObject({
    consumer: z.string(),
    registry: z.string().optional(),
    repository: z.string().optional(),
    tag: z.string().optional(),
    digest: z.string().optional(),
    attributes: z.record(z.string(), z.string()).optional(),
    error: z.string().optional(),
  }),
);

type Received = z.infer<typeof listed>[number];

describe("libraries of consumers", () => {
  const bench = useBench("consumers", {
    login: (home, host, password) =>
      home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
  });
  const targets: Record<string, string> = {};
  let home: Home;
  let daemon: Daemon;
  let address: string;
  let digest: string;

  /** Makes a target of a type, for the pushes to one repository. */
  async function listen(type: string, repository: string): Promise<string> {
    const deployment = deploymentOf(bench.space.name);
    const { id, secret = "" } = await deployment.target({ type, url: `${address}/${type}` });
    await deployment.trigger({ repositories: [repository] }, id);
    targets[`${type} ${repository}`] = id;
    return secret;
  }

  async function push(name: string): Promise<string> {
    const layout = scratch(home);
    const pushed = await makeImageLayout(layout, [5000]);
    const destination = `docker://${bench.space.repository(name)}`;
    await home.run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, destination]);
    return pushed;
  }

  async function received(): Promise<readonly Received[]> {
    return listed.parse(await (await fetch(`${address}/received`)).json());
  }

  async function deliveriesTo(type: string, repository: string): Promise<readonly ListedDelivery[]> {
    const id = targets[`${type} ${repository}`];
    return (await deploymentOf(bench.space.name).deliveries()).filter(({ target }) => target === id);
  }

  beforeAll(async () => {
    home = await bench.openHome();
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    for (const type of ["cloudevents", "distribution", "docker-hub"]) await listen(type, "web/api");
    const secret = await listen("standard-webhook", "web/api");
    await listen("standard-webhook", "forged");
    const env = { ...home.env, WEBHOOK_SECRET: secret };
    daemon = startDaemon(COMMAND, ["-port", String(port)], { env, cwd: home.directory });
    await waitUntilReady(daemon, COMMAND, () =>
      fetch(`${address}/received`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    digest = await push("web/api:1.2.3");
  });

  afterAll(async () => {
    await daemon.stop();
  });

  async function expectUnderstood(type: string, understood: object): Promise<void> {
    await expect
      .poll(() => deliveriesTo(type, "web/api"), PATIENCE)
      .toMatchObject([{ status: "delivered", reason: null }]);
    const entries = (await received()).filter(({ consumer, error }) => consumer === type && error === undefined);
    const { host, name } = bench.space;
    expect(entries).toEqual([
      { consumer: type, registry: host, repository: `${name}/web/api`, tag: "1.2.3", ...understood },
    ]);
  }

  it("understand a CloudEvent: the CNCF's own", async () => {
    const { host, name } = bench.space;
    const attributes = {
      id: expect.stringMatching(/^evt_./),
      type: "registry.image.tag.created",
      source: `https://${host}/${name}/web/api`,
      subject: `${name}/web/api:1.2.3`,
    };
    await expectUnderstood("cloudevents", { digest, attributes });
  });

  it("understand a notification of Docker's registry: that registry's own types", async () => {
    const attributes = {
      action: "push",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      actor: "test",
      url: `https://${bench.space.host}/v2/${bench.space.name}/web/api/manifests/${digest}`,
    };
    await expectUnderstood("distribution", { digest, attributes });
  });

  it("understand Docker Hub's format, which has no digest: go-playground's webhooks", async () => {
    const attributes = { namespace: bench.space.name, name: "web/api", pusher: "test" };
    await expectUnderstood("docker-hub", { attributes });
  });

  it("verify a Standard Webhook: the specification's own", async () => {
    await expectUnderstood("standard-webhook", { digest, attributes: { type: "registry.tag.created" } });
  });

  it("refuse a Standard Webhook that another secret signed, as the deliveries list tells", async () => {
    await push("forged:1.2.3");
    const reason = expect.stringMatching(/^it answered 401: .*no matching signature found/);
    await expect
      .poll(() => deliveriesTo("standard-webhook", "forged"), PATIENCE)
      .toMatchObject([{ status: "pending", reason }]);
    const refusal = expect.stringContaining("no matching signature found");
    expect(await received()).toContainEqual({ consumer: "standard-webhook", error: refusal });
  });
});

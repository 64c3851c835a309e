import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../harness/live/port.ts";
import { useBench } from "./support/bench.ts";
import { deploymentOf } from "./support/deployment.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout } from "./support/layout.ts";
import { ACCOUNT, API_KEY, type OctopusServer, startOctopus } from "./support/octopus-server.ts";
import { scratch } from "./support/scratch.ts";

/** Tests the way from a push by a real client to the end of a deployment, with a stand-in for Octopus Deploy over real HTTP. */

const PATIENCE = { timeout: 60_000, interval: 500 };

describe("Octopus Deploy", () => {
  const bench = useBench("octopus", {
    login: (home, host, password) =>
      home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
  });
  let octopus: OctopusServer;
  let home: Home;

  beforeAll(async () => {
    octopus = startOctopus(await freePort(), 1);
    home = await bench.openHome();
  });

  afterAll(() => {
    octopus.close();
  });

  /** Pushes and waits until the newest delivery is over. */
  async function release(repository: string, tag: string): Promise<string> {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [5000]);
    const name = `docker://${bench.space.repository(`${repository}:${tag}`)}`;
    await home.run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, name]);
    const { deliveries } = deploymentOf(bench.space.name);
    await expect
      .poll(async () => (await deliveries()).find((one) => one.tag === tag), PATIENCE)
      .toMatchObject({ status: expect.stringMatching(/^(?:delivered|failed)$/) });
    return digest;
  }

  it("is told of a push by API key: a release, its deployment, followed to the end", async () => {
    const deployment = deploymentOf(bench.space.name);
    const config = {
      project: "Web",
      release: { packages: ["Deploy web:{tag}"] },
      deploy: { environments: ["Development"], variables: { Image: "{image}" } },
    };
    const target = await deployment.target({ type: "octopus", url: octopus.url, secret: API_KEY, config });
    await deployment.trigger({ repositories: ["web"], tag: { type: "semver", value: ">=1.0" } }, target.id);
    const digest = await release("web", "1.2.3");
    const [delivery] = await deployment.deliveries();
    expect(delivery).toMatchObject({ status: "delivered", tag: "1.2.3", reason: expect.stringContaining("Success") });
    const [attempt] = await deployment.attempts(delivery?.id ?? "");
    expect(attempt?.detail).toMatch(
      /^release 1\.2\.3 \(http\S+\/app#\/Spaces-1\/releases\/Releases-1\); ServerTasks-2 Success \(http\S+\/app#\/Spaces-1\/tasks\/ServerTasks-2\)$/,
    );
    expect(octopus.calls).toMatchObject([
      { path: "/api/Spaces-1/releases/create/v1", login: "api key", body: { packages: ["Deploy web:1.2.3"] } },
      {
        path: "/api/Spaces-1/deployments/create/untenanted/v1",
        body: {
          environmentNames: ["Development"],
          variables: { Image: `${bench.space.repository("web:1.2.3")}@${digest}` },
        },
      },
    ]);
    expect(await deployment.deployed()).toMatchObject([{ target: target.id, tag: "1.2.3", digest }]);
  });

  it("trusts the registry as an issuer, so that no key is stored", async () => {
    const deployment = deploymentOf(bench.space.name);
    const config = { project: "Api", serviceAccount: ACCOUNT };
    const target = await deployment.target({ type: "octopus", url: octopus.url, config });
    await deployment.trigger({ repositories: ["api"] }, target.id);
    octopus.trust({ issuer: target.identity.issuer, subject: "space:somebody:target:else" });
    await release("api", "0.9");
    expect((await deployment.deliveries())[0]).toMatchObject({
      status: "failed",
      reason: expect.stringContaining('unexpected "sub" claim value'),
    });
    octopus.trust(target.identity);
    await release("api", "1.0");
    expect((await deployment.deliveries())[0]).toMatchObject({ status: "delivered", tag: "1.0" });
    expect(octopus.calls.at(-1)).toMatchObject({ login: "access token", body: { projectName: "Api" } });
  });
});

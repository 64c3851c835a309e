import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { Printed } from "../../harness/live/run.ts";
import { useBench } from "./support/bench.ts";
import { hashTree } from "./support/content.ts";
import { type Client, describeContract } from "./support/contract.ts";
import { chartOf, login, makeChart } from "./support/helm.ts";
import type { Home } from "./support/home.ts";
import { scratch } from "./support/scratch.ts";

/** Finds the digest, which helm prints on either stream. */
function digestIn({ stdout, stderr }: Printed): string {
  return /sha256:[0-9a-f]{64}/.exec(stdout + stderr)?.[0] ?? "";
}

const helm: Client = {
  login,
  push: async (home, name) => {
    const chart = chartOf(name);
    return digestIn(
      await home.runAll("helm", ["push", "--plain-http", await makeChart(home, chart), `oci://${chart.parent}`]),
    );
  },
  pull: async (home, name) => {
    const { parent, name: chart, version } = chartOf(name);
    return digestIn(
      await home.runAll("helm", ["pull", "--plain-http", `oci://${parent}/${chart}`, "--version", version]),
    );
  },
};

describeContract("helm", helm);

describe("helm", () => {
  const bench = useBench("helm", helm);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("pulls the very bytes of the chart that it pushed", async () => {
    const tagged = bench.space.repository("charts/app:1.2.3");
    await helm.push(home, tagged);
    const puller = await bench.openHome();
    await helm.pull(puller, tagged);
    expect(await readFile(puller.path("app-1.2.3.tgz"))).toEqual(await readFile(home.path("app-1.2.3.tgz")));
  });

  it("shows a chart without pulling it", async () => {
    await helm.push(home, bench.space.repository("shown:0.1.0"));
    const shown = await home.run("helm", [
      "show",
      "chart",
      "--plain-http",
      `oci://${bench.space.repository("shown")}`,
      "--version",
      "0.1.0",
    ]);
    expect(shown).toContain("description: made for a test");
  });

  it("finds the newest version among the tags", async () => {
    for (const version of ["0.9.0", "0.10.0", "0.2.0"])
      await helm.push(home, bench.space.repository(`versions:${version}`));
    const shown = await home.run("helm", [
      "show",
      "chart",
      "--plain-http",
      `oci://${bench.space.repository("versions")}`,
    ]);
    expect(shown).toContain("version: 0.10.0");
  });

  it("keeps the build part of a version, which no tag can hold as it is", async () => {
    const chart = chartOf(bench.space.repository("built:1.0.0+build.7"));
    await home.run("helm", ["push", "--plain-http", await makeChart(home, chart), `oci://${chart.parent}`]);
    const unpacked = scratch(home);
    const pull = ["pull", "--plain-http", "--untar", "--untardir", unpacked, "--version", "1.0.0+build.7"];
    await home.run("helm", [...pull, `oci://${bench.space.repository("built")}`]);
    expect(Object.keys(await hashTree(unpacked))).toContain("built/Chart.yaml");
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { type Client, describeContract, describeTagList, describeDeletion } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout, makeIndexLayout, makeLayoutWithNulls, readLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";
import { copyIn, login } from "./support/skopeo.ts";

const skopeo: Client = {
  login,
  push: async (home, name) => {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [20_000, 1_000_000]);
    await copyIn(home, layout, name);
    return digest;
  },
  pull: async (home, name) => {
    const layout = scratch(home);
    const copy = ["copy", "--all", "--preserve-digests", "--src-tls-verify=false"];
    await home.run("skopeo", [...copy, `docker://${name}`, `oci:${layout}:latest`]);
    return readLayout(layout);
  },
};

describeContract("skopeo", skopeo);

describeTagList("skopeo", skopeo, (home, repository) =>
  home.run("skopeo", ["list-tags", "--tls-verify=false", `docker://${repository}`]),
);

describeDeletion("skopeo", skopeo, (home, name) =>
  home.run("skopeo", ["delete", "--tls-verify=false", `docker://${name}`]),
);

describe("skopeo", () => {
  const bench = useBench("skopeo", skopeo);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("brings an index of two platforms there and back", async () => {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, [5000]);
    const name = bench.space.repository("index:1");
    await copyIn(home, layout, name);
    expect(await skopeo.pull(await bench.openHome(), name)).toBe(digest);
  });

  it("brings an image there and back that has null for its layers", async () => {
    const layout = scratch(home);
    const digest = await makeLayoutWithNulls(layout);
    const name = bench.space.repository("nulls:1");
    await copyIn(home, layout, name);
    expect(await skopeo.pull(await bench.openHome(), name)).toBe(digest);
  });

  it("pushes the Docker form of a manifest and gets that form back", async () => {
    const layout = scratch(home);
    await makeImageLayout(layout, [5000]);
    const name = bench.space.repository("docker-form:1");
    const copy = ["copy", "--format", "v2s2", "--dest-tls-verify=false", `oci:${layout}:latest`, `docker://${name}`];
    await home.run("skopeo", copy);
    const raw = await home.run("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name}`]);
    expect(raw).toContain("application/vnd.docker.distribution.manifest.v2+json");
  });

  it("copies to another repository", async () => {
    const name = bench.space.repository("source:1");
    const digest = await skopeo.push(home, name);
    const copy = bench.space.repository("copies/target:1");
    const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    await home.run("skopeo", ["copy", "--preserve-digests", ...tls, `docker://${name}`, `docker://${copy}`]);
    expect(await skopeo.pull(await bench.openHome(), copy)).toBe(digest);
  });

  it("inspects an image without pulling it", async () => {
    const name = bench.space.repository("inspected:1");
    const digest = await skopeo.push(home, name);
    const inspected = await home.run("skopeo", ["inspect", "--tls-verify=false", `docker://${name}`]);
    expect(inspected).toContain(digest);
  });
});

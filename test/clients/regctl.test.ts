import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { type Client, describeContract, describeTagList, describeDeletion } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout, makeIndexLayout, readLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

async function copyIn(home: Home, layout: string, name: string): Promise<void> {
  await home.run("regctl", ["image", "copy", `ocidir://${layout}:latest`, name]);
}

const regctl: Client = {
  login: async (home, host, password) => {
    await home.run("regctl", ["registry", "set", "--skip-check", "--tls", "disabled", host]);
    await home.run("regctl", ["registry", "login", "--user", "ci", "--pass-stdin", host], password);
  },
  push: async (home, name) => {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [20_000, 1_000_000]);
    await copyIn(home, layout, name);
    return digest;
  },
  pull: async (home, name) => {
    const layout = scratch(home);
    await home.run("regctl", ["image", "copy", name, `ocidir://${layout}:pulled`]);
    return readLayout(layout);
  },
};

describeContract("regctl", regctl);

describeTagList("regctl", regctl, (home, repository) => home.run("regctl", ["tag", "ls", repository]));

describeDeletion("regctl", regctl, (home, name) =>
  home.run("regctl", ["manifest", "delete", "--force-tag-dereference", name]),
);

describe("regctl", () => {
  const bench = useBench("regctl", regctl);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("brings an index of two platforms there and back", async () => {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, [5000]);
    const name = bench.space.repository("index:1");
    await copyIn(home, layout, name);
    expect(await regctl.pull(await bench.openHome(), name)).toBe(digest);
  });

  it("pushes big layers in chunks", async () => {
    const chunking = await bench.openHome();
    const layout = scratch(chunking);
    const digest = await makeImageLayout(layout, [10_000_000, 300_001, 65_536]);
    await chunking.run("regctl", [
      "registry",
      "set",
      "--blob-chunk",
      "65536",
      "--blob-max",
      "131072",
      bench.space.host,
    ]);
    const name = bench.space.repository("chunked:1");
    await copyIn(chunking, layout, name);
    expect(await regctl.pull(await bench.openHome(), name)).toBe(digest);
  });

  it("lists the artifacts of an image", async () => {
    const name = bench.space.repository("subject:1");
    await regctl.push(home, name);
    await writeFile(home.path("report.json"), '{"findings":[]}');
    const type = "application/vnd.spacedock.report";
    const put = ["artifact", "put", "--artifact-type", type, "--file", home.path("report.json"), "--subject", name];
    await home.run("regctl", put);
    const listed = await home.run("regctl", [
      "artifact",
      "list",
      "--filter-artifact-type",
      type,
      "--format",
      "body",
      name,
    ]);
    expect(listed).toContain(type);
  });

  it("gets an artifact back by its image", async () => {
    const name = bench.space.repository("fetched:1");
    await regctl.push(home, name);
    const type = "application/vnd.spacedock.note";
    await home.run("regctl", ["artifact", "put", "--artifact-type", type, "--subject", name], "a note");
    expect(await home.run("regctl", ["artifact", "get", "--subject", name, "--filter-artifact-type", type])).toBe(
      "a note",
    );
  });

  it("copies an image with its artifacts to another repository", async () => {
    const name = bench.space.repository("graph:1");
    const digest = await regctl.push(home, name);
    await home.run(
      "regctl",
      ["artifact", "put", "--artifact-type", "application/vnd.spacedock.note", "--subject", name],
      "a note",
    );
    const copy = bench.space.repository("copies/graph:1");
    await home.run("regctl", ["image", "copy", "--referrers", name, copy]);
    expect(await home.run("regctl", ["image", "digest", copy])).toContain(digest);
    expect(await home.run("regctl", ["artifact", "list", copy])).toContain("application/vnd.spacedock.note");
  });

  it("keeps the other tags of an image when it deletes one", async () => {
    const name = bench.space.repository("two-tags:1");
    const digest = await regctl.push(home, name);
    const other = bench.space.repository("two-tags:2");
    await home.run("regctl", ["image", "copy", name, other]);
    await home.run("regctl", ["tag", "delete", name]);
    expect(await regctl.pull(await bench.openHome(), other)).toBe(digest);
  });
});

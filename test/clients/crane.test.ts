import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { type Client, describeContract, describeTagList, describeDeletion } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout, makeIndexLayout, readLayout } from "./support/layout.ts";
import { scratch } from "./support/scratch.ts";

const crane: Client = {
  login: (home, host, password) =>
    home.run("crane", ["auth", "login", host, "--username", "ci", "--password-stdin"], password),
  push: async (home, name) => {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [20_000, 1_000_000]);
    await home.run("crane", ["push", layout, name]);
    return digest;
  },
  pull,
};

async function pull(home: Home, name: string): Promise<string> {
  const layout = scratch(home);
  await home.run("crane", ["pull", "--format=oci", name, layout]);
  return readLayout(layout);
}

async function digestOf(home: Home, name: string): Promise<string> {
  return (await home.run("crane", ["digest", name])).trim();
}

describeContract("crane", crane);

describeTagList("crane", crane, (home, repository) => home.run("crane", ["ls", repository]));

describeDeletion("crane", crane, async (home, name) =>
  home.run("crane", ["delete", `${name.replace(/:[^:]*$/, "")}@${await digestOf(home, name)}`]),
);

describe("crane", () => {
  const bench = useBench("crane", crane);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("brings an index of two platforms there and back", async () => {
    const layout = scratch(home);
    await makeIndexLayout(layout, [5000]);
    const name = bench.space.repository("index:1");
    // crane makes one index of all entries of the layout, so it has a digest of its own.
    const pushed = await home.run("crane", ["push", "--index", layout, name]);
    expect(pushed).toContain(await pull(await bench.openHome(), name));
  });

  it("copies to another repository by mounting", async () => {
    const name = bench.space.repository("source:1");
    const digest = await crane.push(home, name);
    const copy = bench.space.repository("copies/target:1");
    const { stderr } = await home.runAll("crane", ["copy", name, copy]);
    expect(stderr).toContain("mounted blob");
    expect(stderr).not.toContain("pushed blob");
    expect(await pull(await bench.openHome(), copy)).toBe(digest);
  });

  it("adds a tag to what is there", async () => {
    const name = bench.space.repository("tagged:1");
    const digest = await crane.push(home, name);
    await home.run("crane", ["tag", name, "stable"]);
    expect(await digestOf(home, bench.space.repository("tagged:stable"))).toBe(digest);
  });

  it("finds nothing to complain of in a pushed image", async () => {
    const name = bench.space.repository("validated:1");
    await crane.push(home, name);
    expect(await home.run("crane", ["validate", "--remote", name])).toContain("PASS");
  });

  it("reads an image by its digest", async () => {
    const digest = await crane.push(home, bench.space.repository("pinned:1"));
    expect(await pull(await bench.openHome(), bench.space.repository(`pinned@${digest}`))).toBe(digest);
  });
});

import { mkdir, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { hashTree, writeRandomTree } from "./support/content.ts";
import { type Client, describeContract, describeTagList, describeDeletion } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { makeImageLayout, makeIndexLayout, readLayout } from "./support/layout.ts";
import { copyIn, login } from "./support/oras.ts";
import { scratch } from "./support/scratch.ts";

const artifactType = "application/vnd.spacedock.test";

async function copyOut(home: Home, name: string): Promise<string> {
  const layout = scratch(home);
  await home.run("oras", ["copy", "--recursive", "--from-plain-http", "--to-oci-layout", name, `${layout}:pulled`]);
  return readLayout(layout);
}

const oras: Client = {
  login,
  push: async (home, name) => {
    const layout = scratch(home);
    const digest = await makeImageLayout(layout, [20_000, 1_000_000]);
    await copyIn(home, layout, name);
    return digest;
  },
  pull: copyOut,
};

describeContract("oras", oras);

describeTagList("oras", oras, (home, repository) => home.run("oras", ["repo", "tags", "--plain-http", repository]));

describeDeletion("oras", oras, (home, name) =>
  home.run("oras", ["manifest", "delete", "--plain-http", "--force", name]),
);

describe("oras", () => {
  const bench = useBench("oras", oras);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  async function pushFiles(name: string, sizes: readonly number[]): Promise<string> {
    const directory = scratch(home);
    await writeRandomTree(directory, sizes);
    const files = Object.keys(await hashTree(directory));
    const push = ["push", "--plain-http", "--artifact-type", artifactType, name, ...files];
    await home.run("sh", ["-c", 'cd "$0" && exec oras "$@"', directory, ...push]);
    return directory;
  }

  it("brings an artifact of many files there and back", async () => {
    const name = bench.space.repository("files:1");
    const pushed = await pushFiles(
      name,
      Array.from({ length: 60 }, (_, index) => index * 997),
    );
    const puller = await bench.openHome();
    const pulled = scratch(puller);
    await mkdir(pulled);
    await puller.run("oras", ["pull", "--plain-http", "--output", pulled, name]);
    expect(await hashTree(pulled)).toEqual(await hashTree(pushed));
  });

  it("brings an index of two platforms there and back", async () => {
    const layout = scratch(home);
    const digest = await makeIndexLayout(layout, [5000]);
    const name = bench.space.repository("index:1");
    await copyIn(home, layout, name);
    expect(await copyOut(await bench.openHome(), name)).toBe(digest);
  });

  it("discovers what was attached to an image", async () => {
    const name = bench.space.repository("subject:1");
    await oras.push(home, name);
    await writeFile(home.path("report.json"), '{"findings":[]}');
    const type = "application/vnd.spacedock.report";
    await home.run("oras", ["attach", "--plain-http", "--artifact-type", type, name, "report.json:application/json"]);
    const found = await home.run("oras", [
      "discover",
      "--plain-http",
      "--format",
      "json",
      "--artifact-type",
      type,
      name,
    ]);
    expect(found).toContain(type);
    // The registry answered the request itself, so oras made no tag to note the answer.
    expect(await home.run("oras", ["repo", "tags", "--plain-http", bench.space.repository("subject")])).toBe("1\n");
  });

  it("copies an image and what is attached to it to another repository", async () => {
    const name = bench.space.repository("graph:1");
    const digest = await oras.push(home, name);
    await writeFile(home.path("note.txt"), "a note");
    await home.run("oras", ["attach", "--plain-http", "--artifact-type", artifactType, name, "note.txt:text/plain"]);
    const copy = bench.space.repository("copies/graph:1");
    await home.run("oras", ["copy", "--recursive", "--from-plain-http", "--to-plain-http", name, copy]);
    expect(await home.run("oras", ["resolve", "--plain-http", copy])).toContain(digest);
    expect(await home.run("oras", ["discover", "--plain-http", "--format", "json", copy])).toContain(artifactType);
  });

  it("pushes, fetches and deletes a single blob", async () => {
    const repository = bench.space.repository("blobs");
    await writeFile(home.path("blob"), "a blob of its own");
    const pushed = await home.run("oras", ["blob", "push", "--plain-http", "--descriptor", repository, "blob"]);
    const digest = /sha256:[0-9a-f]{64}/.exec(pushed)?.[0] ?? "";
    const blob = `${repository}@${digest}`;
    expect(await home.run("oras", ["blob", "fetch", "--plain-http", "--output", "-", blob])).toBe("a blob of its own");
    await home.run("oras", ["blob", "delete", "--plain-http", "--force", blob]);
    await expect(home.run("oras", ["blob", "fetch", "--plain-http", "--output", "-", blob])).rejects.toThrow(
      /not found/,
    );
  });
});

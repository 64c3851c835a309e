import { beforeAll, describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { hashTree } from "./support/content.ts";
import { describeContract, describeTagList } from "./support/contract.ts";
import type { Home } from "./support/home.ts";
import { importImage, mount, podman, push } from "./support/podman.ts";

describeContract("podman", podman);

describeTagList("podman", podman, (home, repository) =>
  home.run("podman", ["search", "--tls-verify=false", "--list-tags", "--format", "{{.Tag}}", repository]),
);

describe("podman", () => {
  const bench = useBench("podman", podman);
  let home: Home;

  beforeAll(async () => {
    home = await bench.openHome();
  });

  it("gets the files of an image back bit for bit", async () => {
    const name = bench.space.repository("files:1");
    const files = await importImage(home, name);
    await push(home, name);
    const puller = await bench.openHome();
    await podman.pull(puller, name);
    const mounted = await mount(puller, name);
    expect(await hashTree(mounted)).toEqual(await hashTree(files));
  });

  it("pulls from an index the image for another platform", async () => {
    const index = bench.space.repository("index:1");
    await home.run("podman", ["manifest", "create", index]);
    const digests: string[] = [];
    for (const architecture of ["amd64", "arm64"]) {
      const image = bench.space.repository(`index:${architecture}`);
      digests.push(await podman.push(home, image));
      await home.run("podman", [
        "manifest",
        "add",
        "--tls-verify=false",
        "--arch",
        architecture,
        index,
        `docker://${image}`,
      ]);
    }
    await home.run("podman", ["manifest", "push", "--all", "--tls-verify=false", index, `docker://${index}`]);
    const puller = await bench.openHome();
    await puller.run("podman", ["pull", "--tls-verify=false", "--arch", "arm64", index]);
    expect(await puller.run("podman", ["image", "inspect", "--format", "{{.RepoDigests}}", index])).toContain(
      digests[1],
    );
  });

  it("pushes the same image to a second repository", async () => {
    const name = bench.space.repository("first:1");
    const digest = await podman.push(home, name);
    const second = bench.space.repository("second:1");
    await home.run("podman", ["tag", name, second]);
    expect(await push(home, second)).toBe(digest);
    expect(await podman.pull(await bench.openHome(), second)).toBe(digest);
  });

  it("pushes layers that are compressed with zstd", async () => {
    const name = bench.space.repository("zstd:1");
    const files = await importImage(home, name);
    const zstd = ["--format", "oci", "--compression-format", "zstd"];
    await home.run("podman", ["push", "--tls-verify=false", ...zstd, name]);
    const puller = await bench.openHome();
    await podman.pull(puller, name);
    const mounted = await mount(puller, name);
    expect(await hashTree(mounted)).toEqual(await hashTree(files));
  });
});

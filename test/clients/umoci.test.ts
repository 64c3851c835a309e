import { mkdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import type { Client } from "./support/contract.ts";
import { hashTree, writeRandomTree } from "./support/content.ts";
import { scratch } from "./support/scratch.ts";

// umoci makes and opens layouts but never speaks to a registry, so skopeo carries them.
const carrier: Pick<Client, "login"> = {
  login: (home, host, password) =>
    home.run("skopeo", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
};

describe("umoci", () => {
  const bench = useBench("umoci", carrier);

  it("opens the files of an image that it made and that went through the registry", async () => {
    const maker = await bench.openHome();
    const files = scratch(maker);
    const layout = scratch(maker);
    await writeRandomTree(files, [0, 1, 70_000, 2_000_000]);
    await maker.run("umoci", ["init", "--layout", layout]);
    await maker.run("umoci", ["new", "--image", `${layout}:latest`]);
    await maker.run("umoci", ["insert", "--image", `${layout}:latest`, files, "/data"]);
    const name = bench.space.repository("made-by-umoci:1");
    await maker.run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, `docker://${name}`]);

    const opener = await bench.openHome();
    const pulled = scratch(opener);
    const bundle = scratch(opener);
    await mkdir(bundle);
    await opener.run("skopeo", ["copy", "--src-tls-verify=false", `docker://${name}`, `oci:${pulled}:latest`]);
    await opener.run("umoci", ["unpack", "--image", `${pulled}:latest`, bundle]);
    expect(await hashTree(`${bundle}/rootfs/data`)).toEqual(await hashTree(files));
  });
});

import { describe, expect, it } from "vitest";
import { image, OCI_INDEX, index, twoPlatforms } from "../../../harness/images.ts";
import { useRegistries } from "../support/registries.ts";

const registries = await useRegistries();

describe("--platform", () => {
  it("copies that manifest alone, under the tag", async () => {
    const arm = image({ architecture: "arm64" });
    registries.source.add(index([image(), arm], ["linux/amd64", "linux/arm64/v8"]), "1");
    const { report } = await registries.import("--platform linux/arm64 $S/acme/web:1 $D/team/web");
    expect(report.tags).toEqual([{ tag: "1", digest: arm.descriptor.digest, outcome: "created" }]);
    expect([...registries.destination.manifests.keys()]).toEqual([arm.descriptor.digest]);
  });

  it("gives each of several its own tag, and makes no index", async () => {
    registries.source.add(twoPlatforms(), "1");
    await registries.import("--platform linux/amd64 --platform linux/arm64/v8 $S/acme/web:1 $D/team/web");
    expect([...registries.destination.tags.keys()]).toEqual(["1-linux-amd64", "1-linux-arm64-v8"]);
    expect([...registries.destination.manifests.values()].map(({ mediaType }) => mediaType)).not.toContain(OCI_INDEX);
  });

  it("knows what a single image is for from its config", async () => {
    const one = image({ architecture: "s390x" });
    registries.source.add(one, "1");
    const { report } = await registries.import("--platform linux/s390x $S/acme/web:1 $D/team/web");
    expect(report.tags).toEqual([{ tag: "1", digest: one.descriptor.digest, outcome: "created" }]);
  });

  it("says which there are where the wanted one is not", async () => {
    registries.source.add(twoPlatforms(), "1");
    const { exitCode, stderr } = await registries.import("--platform windows/amd64 $S/acme/web:1 $D/team/web");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("acme/web has no image for windows/amd64; it has linux/amd64, linux/arm64/v8");
  });

  it("asks for the variant where there are several", async () => {
    registries.source.add(index([image(), image()], ["linux/arm/v6", "linux/arm/v7"]), "1");
    const { exitCode, stderr } = await registries.import("--platform linux/arm $S/acme/web:1 $D/team/web");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("linux/arm/v6, linux/arm/v7");
  });
});

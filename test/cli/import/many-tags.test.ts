import { describe, expect, it } from "vitest";
import { image, index, randomLayer, type TestImage } from "../../../harness/images.ts";
import { useRegistries } from "../support/registries.ts";
import { refuse, reply } from "../support/server.ts";

const registries = await useRegistries();

function addTags(...tags: readonly string[]): void {
  for (const tag of tags) registries.source.add(image(), tag);
}

function referrersTag({ descriptor: { digest } }: TestImage): string {
  return digest.replace(":", "-");
}

describe("--all-tags", () => {
  it("imports every tag of every page", async () => {
    addTags("1", "2", "3", "4", "5");
    registries.source.pageSize = 2;
    const { exitCode, report } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(exitCode).toBe(0);
    expect(report.tags.map(({ tag, outcome }) => [tag, outcome])).toEqual(
      ["1", "2", "3", "4", "5"].map((tag) => [tag, "created"]),
    );
    expect(registries.destination.tags).toEqual(registries.source.tags);
  });

  it("goes on after a tag that fails, and ends as that failed", async () => {
    addTags("1", "2", "3");
    const broken = registries.source.manifests.get(registries.source.tags.get("2") ?? "");
    const layer = /"layers":\[\{[^}]*"digest":"([^"]*)"/.exec(broken?.bytes.toString() ?? "")?.[1] ?? "";
    registries.source.blobs.set(layer, randomLayer(1000).bytes);
    const { exitCode, report, stderr } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(exitCode).toBe(6);
    expect(report.tags).toMatchObject([
      { tag: "1", outcome: "created" },
      { tag: "2", digest: null, outcome: "failed", error: expect.stringContaining("does not match the digest") },
      { tag: "3", outcome: "created" },
    ]);
    expect([...registries.destination.tags.keys()]).toEqual(["1", "3"]);
    expect(stderr).toContain("1 of 3 tags could not be imported");
    expect(stderr).toContain("run it again");
  });

  it("says which tags have names that cannot be taken, takes the others, and does not end with 0", async () => {
    addTags("1", "-dash", "ä", "a".repeat(129));
    const { exitCode, report, stderr } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(exitCode).toBe(6);
    expect(report.tags).toMatchObject([
      ...["-dash", "a".repeat(129), "ä"].map((tag) => ({
        tag,
        outcome: "failed",
        error: expect.stringContaining("128 letters"),
      })),
      { tag: "1", outcome: "created" },
    ]);
    expect(stderr).toContain("3 of 4 tags could not be imported");
    expect([...registries.destination.tags.keys()]).toEqual(["1"]);
    // An unrequested tag is not missed.
    expect((await registries.import("--tags 1 $S/acme/web $D/team/web")).exitCode).toBe(0);
  });

  it("imports pages that are said to be elsewhere, and fails where they go round", async () => {
    addTags("1", "2", "3");
    registries.source.pageSize = 1;
    registries.source.intercept = (request, response, { what }) => {
      if (!what.startsWith("tags/list")) return false;
      const tag = Number(new URL(request.url ?? "", "http://test").searchParams.get("last") ?? "0") + 1;
      const next = `<https://internal.example.com/v2/acme/web/tags/list?last=${tag}>; rel="next"`;
      reply(response, 200, tag === 3 ? {} : { link: next }, JSON.stringify({ tags: [String(tag)] }));
      return true;
    };
    const { exitCode } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect({ exitCode, tags: [...registries.destination.tags.keys()] }).toEqual({ exitCode: 0, tags: ["1", "2", "3"] });
    registries.source.intercept = (_, response, { what }) => {
      if (!what.startsWith("tags/list")) return false;
      const [here, next] = what.includes("last=a") ? ["2", "b"] : ["1", "a"];
      reply(response, 200, { link: `<?last=${next}>; rel="next"` }, JSON.stringify({ tags: [here] }));
      return true;
    };
    const round = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(round).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("never ends") });
  });

  it("stops where a registry is not to be reached any more", async () => {
    addTags("1", "2", "3");
    registries.destination.intercept = (_, response, { what }) => {
      if (what !== "manifests/1") return false;
      refuse(response, 429, "TOOMANYREQUESTS", { "retry-after": "100000" });
      return true;
    };
    const { exitCode, report } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(exitCode).toBe(5);
    expect(report.tags.map(({ outcome }) => outcome)).toEqual(["failed", "not tried", "not tried"]);
  });

  it("takes signatures along once, and those of images without a tag too", async () => {
    const [one, untagged] = [image(), image()];
    registries.source.add(one, "1");
    registries.source.add(image(), `${referrersTag(one)}.sig`);
    registries.source.add(image(), `${referrersTag(untagged)}.sig`);
    const { report } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(registries.destination.tags).toEqual(registries.source.tags);
    expect(report.tags.map(({ tag }) => tag)).toEqual(["1", `${referrersTag(untagged)}.sig`]);
    expect(registries.source.asked(/^HEAD manifests/)).toHaveLength(3);
  });

  it("leaves all of these behind with --no-referrers", async () => {
    const one = image();
    registries.source.add(one, "1");
    registries.source.add(image(), `${referrersTag(one)}.sig`);
    registries.source.add(index([image()]), referrersTag(image()));
    await registries.import("--all-tags --no-referrers $S/acme/web $D/team/web");
    expect([...registries.destination.tags.keys()]).toEqual(["1"]);
  });

  it("copies what tags share but once", async () => {
    const layer = randomLayer(5000);
    registries.source.add(image({ layers: [layer] }), "1");
    registries.source.add(image({ layers: [layer] }), "2");
    const { report } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(report.copied.blobs).toBe(3);
    expect(registries.source.asked(new RegExp(`GET blobs/${layer.descriptor.digest}`))).toHaveLength(1);
  });
});

describe("what refers to an image of several tags", () => {
  it("is asked after, copied and counted once", async () => {
    const one = image();
    registries.source.add(one, "1", "2");
    registries.source.add(image({ subject: one.descriptor }));
    const { report } = await registries.import("--all-tags $S/acme/web $D/team/web");
    expect(report).toMatchObject({ referrers: 1, copied: { manifests: 2 } });
    expect(registries.source.asked(/referrers/)).toHaveLength(2);
  });
});

describe("--tags", () => {
  it.each([
    ["--tags v1.*", ["v1.0", "v1.1", "v1.1-rc1"]],
    ["--tags v1.* --tags latest", ["latest", "v1.0", "v1.1", "v1.1-rc1"]],
    ["--tags v1.* --tags !*-rc*", ["v1.0", "v1.1"]],
    ["--tags !v*", ["latest"]],
    ["--tags v?.0", ["v1.0", "v2.0"]],
  ])("imports what matches: %s", async (options, expected) => {
    addTags("latest", "v1.0", "v1.1", "v1.1-rc1", "v2.0");
    await registries.import(`${options} $S/acme/web $D/team/web`);
    expect([...registries.destination.tags.keys()]).toEqual(expected);
  });

  it("ends with 3 where nothing matches", async () => {
    addTags("latest");
    const { exitCode, stderr } = await registries.import("--tags v* $S/acme/web $D/team/web");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("none that matches v*");
  });
});

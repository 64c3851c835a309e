import { beforeAll, describe, expect, it } from "vitest";
import type { Digest } from "../../src/oci/digest.ts";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  OCI_INDEX,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";

const REPOSITORY = "tagging/web";
let as: string;

beforeAll(async () => {
  as = await makeSpace("tagging");
});

async function digestUnder(reference: string, repository = REPOSITORY): Promise<string | null> {
  const answer = await ask(`/v2/${repository}/manifests/${reference}`, { as, method: "HEAD" });
  return answer.status === 200 ? answer.headers.get("Docker-Content-Digest") : null;
}

function remove(reference: string, repository = REPOSITORY): Promise<Response> {
  return ask(`/v2/${repository}/manifests/${reference}`, { as, method: "DELETE" });
}

function tagQuery(tags: readonly string[]): string {
  return new URLSearchParams(tags.map((tag) => ["tag", tag])).toString();
}

/** Pushes an index with one image as its child, the index under the tag. */
async function pushIndex(tag: string, seed: number): Promise<{ child: Digest; index: Digest }> {
  const { digest: child, text } = await pushImage(REPOSITORY, as, `${tag}-child`, seed);
  const index = indexText([await descriptorOf(text)]);
  const answer = await putManifest(REPOSITORY, as, tag, index, OCI_INDEX);
  if (answer.status !== 201) throw new Error(`pushing an index answered ${answer.status}: ${await answer.text()}`);
  return { child, index: await digestOf(index) };
}

describe("pushing with ?tag=", () => {
  it.each([1, 10, 50])("points %i tags to the manifest and names each", async (count) => {
    const tags = Array.from({ length: count }, (_, index) => `many-${count}-${index}`);
    const text = await imageText(REPOSITORY, as, count);
    const digest = await digestOf(text);
    const answer = await putManifest(REPOSITORY, as, `${digest}?${tagQuery(tags)}`, text);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("OCI-Tag")?.split(", ")).toEqual(tags);
    for (const tag of tags) expect(await digestUnder(tag)).toBe(digest);
  });

  it("takes a tag in the path beside those in the query", async () => {
    const text = await imageText(REPOSITORY, as, 2);
    await putManifest(REPOSITORY, as, "beside-a?tag=beside-b", text);
    expect(await digestUnder("beside-a")).toBe(await digestOf(text));
    expect(await digestUnder("beside-b")).toBe(await digestOf(text));
  });

  it("takes the same tag twice", async () => {
    const text = await imageText(REPOSITORY, as, 3);
    const answer = await putManifest(REPOSITORY, as, "twice?tag=twice&tag=other&tag=twice", text);
    expect([answer.status, answer.headers.get("OCI-Tag")]).toEqual([201, "twice, other"]);
    expect(await digestUnder("twice")).toBe(await digestOf(text));
  });

  it("counts the same tag once", async () => {
    const text = await imageText(REPOSITORY, as, 6);
    const tags = Array.from({ length: 60 }, (_, index) => `often-${index % 50}`);
    expect((await putManifest(REPOSITORY, as, `${await digestOf(text)}?${tagQuery(tags)}`, text)).status).toBe(201);
    expect(await digestUnder("often-49")).toBe(await digestOf(text));
  });

  it.each(["!!bad", "", ".hidden", "a/b", "a".repeat(129)])("writes nothing when %j is among the tags", async (bad) => {
    const text = await imageText(REPOSITORY, as, 4);
    const reference = `${await digestOf(text)}?${tagQuery(["good", bad, "also-good"])}`;
    expect(await errorOf(await putManifest(REPOSITORY, as, reference, text))).toBe("400 TAG_INVALID");
    expect(await digestUnder("good")).toBeNull();
    expect(await digestUnder(await digestOf(text))).toBeNull();
  });

  it("refuses more than fifty, and sets none", async () => {
    const text = await imageText(REPOSITORY, as, 5);
    const tags = Array.from({ length: 51 }, (_, index) => `t${index}`);
    const answer = await putManifest(REPOSITORY, as, `${await digestOf(text)}?${tagQuery(tags)}`, text);
    expect(await errorOf(answer)).toBe("400 TAG_INVALID");
    expect(await digestUnder("t0")).toBeNull();
    expect(await digestUnder(await digestOf(text))).toBeNull();
  });
});

describe("an index", () => {
  it("has manifests for children", async () => {
    const { index, child } = await pushIndex("multi", 10);
    expect(await digestUnder("multi")).toBe(index);
    expect(await digestUnder(child)).toBe(child);
  });

  it("has blobs for children, as build caches do", async () => {
    const blob = await pushBlob(REPOSITORY, as, bytesOf(300), "application/vnd.buildkit.cacheconfig.v0");
    const answer = await putManifest(REPOSITORY, as, "cache", indexText([blob]), OCI_INDEX);
    expect(answer.status).toBe(201);
  });

  it("has an index for a child", async () => {
    await pushIndex("inner", 11);
    const inner = await (await ask(`/v2/${REPOSITORY}/manifests/inner`, { as })).text();
    const outer = indexText([await descriptorOf(inner, OCI_INDEX)]);
    expect((await putManifest(REPOSITORY, as, "outer", outer, OCI_INDEX)).status).toBe(201);
  });

  it("has no children at all", async () => {
    expect((await putManifest(REPOSITORY, as, "empty", indexText([]), OCI_INDEX)).status).toBe(201);
  });

  it.each([1, -1])("is refused when a child's size is %i bytes off", async (difference) => {
    const { text } = await pushImage(REPOSITORY, as, "sized", 12);
    const child = await descriptorOf(text);
    const index = indexText([{ ...child, size: child.size + difference }]);
    expect(await errorOf(await putManifest(REPOSITORY, as, "off", index, OCI_INDEX))).toBe("400 SIZE_INVALID");
  });

  it("is refused when its child is in another repository", async () => {
    const { text } = await pushImage("tagging/other", as, "child", 13);
    const index = indexText([await descriptorOf(text)]);
    expect(await errorOf(await putManifest(REPOSITORY, as, "far", index, OCI_INDEX))).toBe("400 MANIFEST_BLOB_UNKNOWN");
  });
});

describe("deleting", () => {
  it("a tag leaves the manifest and its other tags", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "one", 20);
    await pushImage(REPOSITORY, as, "other", 20);
    expect((await remove("one")).status).toBe(202);
    expect(await digestUnder("one")).toBeNull();
    expect(await digestUnder("other")).toBe(digest);
    expect(await digestUnder(digest)).toBe(digest);
  });

  it("a manifest takes its tags with it, and no others", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "gone-a", 21);
    await pushImage(REPOSITORY, as, "gone-b", 21);
    const kept = await pushImage(REPOSITORY, as, "kept", 22);
    expect((await remove(digest)).status).toBe(202);
    for (const reference of [digest, "gone-a", "gone-b"]) expect(await digestUnder(reference)).toBeNull();
    expect(await digestUnder("kept")).toBe(kept.digest);
  });

  it("a manifest leaves the same manifest of another repository", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "shared", 23);
    await pushImage("tagging/other", as, "shared", 23);
    await remove(digest);
    expect(await digestUnder("shared", "tagging/other")).toBe(digest);
  });

  it("a manifest leaves what refers to it as its subject", async () => {
    const { digest, text } = await pushImage(REPOSITORY, as, "subject", 24);
    const referrer = await pushImage(REPOSITORY, as, "referrer", 25, { subject: await descriptorOf(text) });
    expect((await remove(digest)).status).toBe(202);
    expect(await digestUnder("referrer")).toBe(referrer.digest);
  });

  it("a manifest that an index needs is refused, and changes nothing", async () => {
    const { child, index } = await pushIndex("needed", 26);
    expect(await errorOf(await remove(child))).toBe("405 UNSUPPORTED");
    expect(await digestUnder(child)).toBe(child);
    expect(await digestUnder("needed-child")).toBe(child);
    expect(await digestUnder("needed")).toBe(index);
  });

  it("a manifest is possible once its index is gone", async () => {
    const { child, index } = await pushIndex("released", 27);
    expect((await remove(index)).status).toBe(202);
    expect((await remove(child)).status).toBe(202);
    expect(await digestUnder(child)).toBeNull();
  });

  it("the tag of a manifest that an index needs is possible", async () => {
    const { child } = await pushIndex("untagged", 28);
    expect((await remove("untagged-child")).status).toBe(202);
    expect(await digestUnder(child)).toBe(child);
  });

  it("a manifest allows it to be pushed again", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "back", 29);
    await remove(digest);
    await pushImage(REPOSITORY, as, "back", 29);
    expect(await digestUnder("back")).toBe(digest);
  });

  it("the same thing twice is 404 the second time", async () => {
    const { digest } = await pushImage(REPOSITORY, as, "once", 30);
    expect((await remove("once")).status).toBe(202);
    expect(await errorOf(await remove("once"))).toBe("404 MANIFEST_UNKNOWN");
    expect((await remove(digest)).status).toBe(202);
    expect(await errorOf(await remove(digest))).toBe("404 MANIFEST_UNKNOWN");
  });

  it.each(["unknown", "!!bad", "sha256:baddigeststring", `sha256:${"0".repeat(64)}`])(
    "what was never there is 404: %s",
    async (reference) => {
      expect(await errorOf(await remove(reference))).toBe("404 MANIFEST_UNKNOWN");
    },
  );

  it("more than a thousand manifests' worth of tags goes in one request", async () => {
    const { digest, text } = await pushImage(REPOSITORY, as, "base", 31);
    for (let hundred = 0; hundred < 11; hundred++) {
      const tags = Array.from({ length: 100 }, (_, index) => `bulk-${hundred}-${index}`);
      await putManifest(REPOSITORY, as, `${digest}?${tagQuery(tags)}`, text);
    }
    expect((await remove(digest)).status).toBe(202);
    expect(await digestUnder("bulk-10-99")).toBeNull();
  });
});

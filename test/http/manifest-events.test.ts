import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { ask, errorOf, makeSpace, makeToken } from "../support/registry.ts";

const EVENTS = `
  SELECT e.* FROM events e JOIN repositories r ON r.id = e.repository_id JOIN spaces s ON s.id = r.space_id
  WHERE s.name || '/' || r.path = ? ORDER BY e.type, e.tag`;

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
let as: string;

beforeAll(async () => {
  as = await makeSpace("events");
});

async function rowsOf(repository: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(EVENTS).bind(repository).all();
  return results;
}

/** Returns each event as its type, with its tag if it has one, ordered by type and tag. */
async function eventsOf(repository: string): Promise<string[]> {
  return (await rowsOf(repository)).map(({ type, tag }) => [type, tag].filter(Boolean).join(" "));
}

function remove(repository: string, reference: string): Promise<Response> {
  return ask(`/v2/${repository}/manifests/${reference}`, { as, method: "DELETE" });
}

describe("the outbox", () => {
  it("has an event for a new manifest and one for its tag", async () => {
    const token = await makeToken("events");
    const { digest, text } = await pushImage("events/new", token.token, "v1");
    const common = {
      digest,
      previous_digest: null,
      media_type: OCI_MANIFEST,
      artifact_type: CONFIG_TYPE,
      size: text.length,
      platforms: "[]",
      actor: token.id,
      sent_at: null,
    };
    expect(await rowsOf("events/new")).toMatchObject([
      { ...common, type: "manifest.pushed", tag: null },
      { ...common, type: "tag.created", tag: "v1" },
    ]);
  });

  it("gives each event an id of its own, made of the time", async () => {
    const before = Date.now();
    const text = await imageText("events/ids", as);
    await putManifest("events/ids", as, "a?tag=b&tag=c", text);
    const rows = await rowsOf("events/ids");
    expect(new Set(rows.map(({ id }) => id)).size).toBe(4);
    for (const { id } of rows) {
      expect(id).toMatch(/^evt_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
      const milliseconds = Number.parseInt(String(id).slice(4, 16), 16);
      expect(milliseconds).toBeGreaterThanOrEqual(before);
      expect(milliseconds).toBeLessThanOrEqual(Date.now());
    }
  });

  it("says what a moved tag pointed to before", async () => {
    const first = await pushImage("events/moved", as, "v1", 1);
    const second = await pushImage("events/moved", as, "v1", 2);
    const updated = (await rowsOf("events/moved")).filter(({ type }) => type === "tag.updated");
    expect(updated).toMatchObject([{ tag: "v1", digest: second.digest, previous_digest: first.digest }]);
  });

  it("tells of a manifest once, however often it is pushed", async () => {
    const { digest, text } = await pushImage("events/once", as, "v1");
    await putManifest("events/once", as, "v2", text);
    await putManifest("events/once", as, digest, text);
    const events = await eventsOf("events/once");
    expect(events.filter((event) => event === "manifest.pushed")).toHaveLength(1);
    expect(events).toContain("tag.created v2");
  });

  it("tells of a manifest that came without a tag", async () => {
    const text = await imageText("events/untagged", as);
    await putManifest("events/untagged", as, await digestOf(text), text);
    expect(await eventsOf("events/untagged")).toEqual(["manifest.pushed"]);
  });

  it("tells of each tag that ?tag= made or moved", async () => {
    await pushImage("events/tags", as, "b", 1);
    const text = await imageText("events/tags", as, 2);
    await putManifest("events/tags", as, "a?tag=b&tag=c&tag=a", text);
    expect(await eventsOf("events/tags")).toEqual([
      "manifest.pushed",
      "manifest.pushed",
      "tag.created a",
      "tag.created b",
      "tag.created c",
      "tag.updated b",
    ]);
  });

  it("lists the platforms of an index", async () => {
    const child = await descriptorOf((await pushImage("events/index", as, "child")).text);
    const platforms = [
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64", variant: "v8" },
    ];
    const index = indexText(
      platforms.map((platform) => Object.assign({ platform }, child)),
      { artifactType: "application/x" },
    );
    await putManifest("events/index", as, "v1", index, OCI_INDEX);
    expect((await rowsOf("events/index")).find(({ tag }) => tag === "v1")).toMatchObject({
      media_type: OCI_INDEX,
      artifact_type: "application/x",
      platforms: '["linux/amd64","linux/arm64/v8"]',
    });
  });

  it("tells of a deleted tag, and which manifest it named", async () => {
    const { digest } = await pushImage("events/untag", as, "v1");
    await remove("events/untag", "v1");
    const deleted = (await rowsOf("events/untag")).filter(({ type }) => String(type).endsWith("deleted"));
    expect(deleted).toMatchObject([{ type: "tag.deleted", tag: "v1", digest, previous_digest: digest }]);
  });

  it("tells of a deleted manifest and of all tags that went with it", async () => {
    const { digest, text } = await pushImage("events/gone", as, "a");
    await putManifest("events/gone", as, "b", text);
    await remove("events/gone", digest);
    const deleted = (await eventsOf("events/gone")).filter((event) => event.includes("deleted"));
    expect(deleted).toEqual(["manifest.deleted", "tag.deleted a", "tag.deleted b"]);
  });

  it("tells of a manifest that is pushed again after it was deleted", async () => {
    const { digest } = await pushImage("events/back", as, "v1");
    await remove("events/back", digest);
    await pushImage("events/back", as, "v1");
    const events = await eventsOf("events/back");
    expect(events.filter((event) => event === "manifest.pushed")).toHaveLength(2);
    expect(events.filter((event) => event === "tag.created v1")).toHaveLength(2);
  });
});

describe("the outbox stays as it is when", () => {
  it("a push lacks its blobs", async () => {
    await pushImage("events/lacking", as, "v1");
    const before = await eventsOf("events/lacking");
    const text = await imageText("events/elsewhere", as, 9);
    expect(await errorOf(await putManifest("events/lacking", as, "v1", text))).toBe("400 MANIFEST_BLOB_UNKNOWN");
    expect(await eventsOf("events/lacking")).toEqual(before);
  });

  it.each([
    ["has another digest", `sha256:${"0".repeat(64)}`, OCI_MANIFEST],
    ["has a bad tag", "!!bad", OCI_MANIFEST],
    ["has a bad tag among its tags", "v2?tag=!!bad", OCI_MANIFEST],
    ["has a bad type", "v2", "text/html"],
  ])("a push %s", async (_, reference, type) => {
    await pushImage("events/refused", as, "v1");
    const before = await eventsOf("events/refused");
    const text = await imageText("events/refused", as, 2);
    expect((await putManifest("events/refused", as, reference, text, type)).status).toBe(400);
    expect(await eventsOf("events/refused")).toEqual(before);
  });

  it("a push comes from a token that may only pull", async () => {
    const { text } = await pushImage("events/denied", as, "v1");
    const before = await eventsOf("events/denied");
    const { token } = await makeToken("events", { actions: ["pull"] });
    expect(await errorOf(await putManifest("events/denied", token, "v2", text))).toBe("403 DENIED");
    expect(await eventsOf("events/denied")).toEqual(before);
  });

  it("a deletion finds nothing", async () => {
    await pushImage("events/nothing", as, "v1");
    const before = await eventsOf("events/nothing");
    await remove("events/nothing", "v2");
    await remove("events/nothing", `sha256:${"0".repeat(64)}`);
    expect(await eventsOf("events/nothing")).toEqual(before);
  });

  it("a deletion is refused, for an index needs the manifest", async () => {
    const { digest, text } = await pushImage("events/needed", as, "child");
    await putManifest("events/needed", as, "v1", indexText([await descriptorOf(text)]), OCI_INDEX);
    const before = await eventsOf("events/needed");
    expect((await remove("events/needed", digest)).status).toBe(405);
    expect(await eventsOf("events/needed")).toEqual(before);
  });
});

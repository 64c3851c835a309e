import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  descriptorOf,
  imageText,
  indexText,
  newSeed,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { makeTarget } from "../support/deploy.ts";
import { ask, makeSpace, makeToken, manage, nextSpace } from "../support/registry.ts";

let space = "";
let as = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("tags"));
});

const web = (): string => `${space}/web`;

const listed = z.object({
  items: z.array(z.looseObject({ name: z.string(), digest: z.string(), signed: z.boolean() })),
  next: z.string().nullable(),
});

async function list(query = ""): Promise<z.infer<typeof listed>> {
  return listed.parse(await (await manage("GET", `spaces/${space}/repositories/web/tags?${query}`)).json());
}

/** Returns the list's row of a tag. */
async function shown(tag: string): Promise<z.infer<typeof listed>["items"][number] | undefined> {
  return (await list()).items.find(({ name }) => name === tag);
}

const deletion = z.object({
  tags: z.array(z.object({ name: z.string(), digest: z.string() })),
  immutable: z.array(z.string()),
  absent: z.array(z.string()),
  manifests: z.array(z.object({ digest: z.string(), mediaType: z.string(), size: z.int() })),
  bytes: z.int(),
  until: z.iso.datetime(),
});

async function remove(tags: readonly string[], more: object = {}): Promise<z.infer<typeof deletion>> {
  const answer = await manage("POST", `spaces/${space}/tags:delete`, { repository: "web", tags, ...more });
  expect(answer.status).toBe(200);
  return deletion.parse(await answer.json());
}

async function statusOf(body: object): Promise<number> {
  return (await manage("POST", `spaces/${space}/tags:delete`, { repository: "web", ...body })).status;
}

/** Pushes an image without a tag. */
async function pushUntagged(more: object = {}): Promise<{ readonly text: string; readonly digest: string }> {
  const text = await imageText(web(), as, newSeed(), more);
  const { digest } = await descriptorOf(text);
  expect((await putManifest(web(), as, digest, text)).status).toBe(201);
  return { text, digest };
}

/** Pushes an index; without a tag if that is empty. */
async function pushIndex(tag: string, texts: readonly string[]): Promise<string> {
  const platforms = ["amd64", "arm64"];
  const children = texts.map(async (text, index) => ({
    ...(await descriptorOf(text)),
    platform: { os: "linux", architecture: platforms[index] },
  }));
  const text = indexText(await Promise.all(children));
  const { digest } = await descriptorOf(text);
  expect((await putManifest(web(), as, tag || digest, text, OCI_INDEX)).status).toBe(201);
  return digest;
}

async function isThere(reference: string): Promise<boolean> {
  return (await ask(`/v2/${web()}/manifests/${reference}`, { method: "HEAD", as })).status === 200;
}

const sizeOf = (text: string): number => {
  const { config, layers } = z
    .object({ config: z.object({ size: z.int() }), layers: z.array(z.object({ size: z.int() })) })
    .parse(JSON.parse(text));
  return text.length + config.size + layers.reduce((sum, { size }) => sum + size, 0);
};

describe("the list of tags", () => {
  it("says who pushed each, what it is and how much it needs", async () => {
    const image = await pushImage(web(), as, "single", newSeed());
    const other = await pushUntagged();
    await pushIndex("multi", [image.text, other.text]);
    expect(await shown("single")).toMatchObject({
      artifactType: "application/vnd.oci.image.config.v1+json",
      platforms: [],
      contentSize: sizeOf(image.text),
      pushedBy: { name: "test" },
      deployed: [],
      signed: false,
    });
    const indexSize = z.int().parse((await shown("multi"))?.["size"]);
    expect(await shown("multi")).toMatchObject({
      platforms: ["linux/amd64", "linux/arm64"],
      contentSize: indexSize + sizeOf(image.text) + sizeOf(other.text),
    });
  });

  it("names who set a tag last, and the administrator where they moved it back", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    const { token } = await makeToken(space, { name: "other" });
    await pushImage(web(), token, "latest", newSeed());
    expect(await shown("latest")).toMatchObject({ pushedBy: { name: "other" } });
    await manage("POST", `spaces/${space}/tags:revert`, { repository: "web", tag: "latest", to: first.digest });
    expect(await shown("latest")).toMatchObject({ pushedBy: { id: "administrator", name: "administrator" } });
  });

  it("says where the manifest was deployed, under whatever tag, and whether that is still the last there", async () => {
    const first = await pushImage(web(), as, "1.0", newSeed());
    await putManifest(web(), as, "stable", first.text);
    const second = await pushImage(web(), as, "2.0", newSeed());
    const { id } = await makeTarget(space, "https://receiver.example.com/");
    const deploy = (tag: string, digest: string, at: number): Promise<unknown> =>
      env.DB.prepare(
        `INSERT INTO deployed (space_id, target_id, repository_id, tag, digest, delivery_id, deployed_at)
         SELECT r.space_id, ?1, r.id, ?2, ?3, 'dlv', ?4 FROM repositories r JOIN spaces s ON s.id = r.space_id WHERE s.name = ?5`,
      )
        .bind(id, tag, digest, at, space)
        .run();
    await deploy("1.0", first.digest, 1000);
    expect(await shown("stable")).toMatchObject({
      deployed: [{ target: id, name: "hook", at: "1970-01-01T00:00:01.000Z", current: true }],
    });
    await deploy("2.0", second.digest, 2000);
    expect(await shown("1.0")).toMatchObject({ deployed: [{ current: false }] });
    expect(await shown("2.0")).toMatchObject({ deployed: [{ current: true }] });
    await manage("DELETE", `spaces/${space}/targets/${id}`);
    expect(await shown("2.0")).toMatchObject({ deployed: [] });
  });

  it.each([
    ["notation's", "application/vnd.cncf.notary.signature", {}, true],
    ["cosign's", "application/vnd.dev.cosign.artifact.sig.v1+json", {}, true],
    [
      "a bundle that signs",
      "application/vnd.dev.sigstore.bundle.v0.3+json",
      { "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1" },
      true,
    ],
    [
      "a bundle that attests",
      "application/vnd.dev.sigstore.bundle.v0.3+json",
      { "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1" },
      false,
    ],
    ["a bill of materials", "application/spdx+json", {}, false],
  ])("says whether a tag is signed: %s referrer", async (_name, artifactType, annotations, signed) => {
    const image = await pushImage(web(), as, "latest", newSeed());
    const subject = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.text.length };
    await pushUntagged({ subject, artifactType, annotations });
    expect(await shown("latest")).toMatchObject({ signed });
  });

  it("says that a tag is signed, by cosign's tag", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    expect(await shown("latest")).toMatchObject({ signed: false });
    await pushImage(web(), as, `${digest.replace(":", "-")}.sig`, newSeed());
    expect(await shown("latest")).toMatchObject({ signed: true });
  });

  it("comes newest first when asked, in pages that lose and repeat nothing", async () => {
    const { text } = await pushImage(web(), as, "c", newSeed());
    for (const tag of ["a", "d", "b"]) await putManifest(web(), as, tag, text);
    // With the same time for all, the names decide.
    await env.DB.prepare("UPDATE tags SET updated_at = 5").run();
    await putManifest(web(), as, "a", text);
    const names: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page: z.infer<typeof listed> = await list(
        `order=newest&limit=1${next && `&cursor=${encodeURIComponent(next)}`}`,
      );
      names.push(...page.items.map(({ name }) => name));
      next = page.next;
    }
    expect(names).toEqual(["a", "d", "c", "b"]);
    expect((await manage("GET", `spaces/${space}/repositories/web/tags?order=size`)).status).toBe(400);
  });
});

describe("what a repository has", () => {
  it("is shown with it, as in the list", async () => {
    const { text } = await pushImage(web(), as, "a", newSeed());
    await putManifest(web(), as, "b", text);
    const repository = await (await manage("GET", `spaces/${space}/repositories/web`)).json();
    expect(repository).toMatchObject({ tags: 2, bytes: sizeOf(text), pushedAt: expect.any(String) });
    const all = await (await manage("GET", `spaces/${space}/repositories`)).json();
    expect(all).toMatchObject({ items: [repository] });
    expect(await (await manage("PATCH", `spaces/${space}/repositories/web`, { public: true })).json()).toMatchObject({
      tags: 2,
      public: true,
    });
    await remove(["a", "b"]);
    expect(await (await manage("GET", `spaces/${space}/repositories/web`)).json()).toMatchObject({
      tags: 0,
      pushedAt: null,
    });
  });
});

describe("deleting tags", () => {
  it("says first what would go, and changes nothing", async () => {
    const { text, digest } = await pushImage(web(), as, "old", newSeed());
    await pushImage(web(), as, "new", newSeed());
    const preview = await remove(["old", "missing"], { dryRun: true });
    expect(preview).toMatchObject({
      tags: [{ name: "old", digest }],
      immutable: [],
      absent: ["missing"],
      manifests: [{ digest, mediaType: OCI_MANIFEST, size: text.length }],
      bytes: sizeOf(text),
    });
    expect(await isThere("old")).toBe(true);
    expect({ ...(await remove(["old", "missing"])), until: "" }).toEqual({ ...preview, until: "" });
    expect([await isThere("old"), await isThere(digest), await isThere("new")]).toEqual([false, false, true]);
    expect(await remove(["old"])).toMatchObject({ tags: [], absent: ["old"], manifests: [], bytes: 0 });
  });

  it("leaves a manifest that has another tag, and counts no blob that others need", async () => {
    const seed = newSeed();
    const { text, digest } = await pushImage(web(), as, "a", seed);
    await putManifest(web(), as, "b", text);
    await pushImage(web(), as, "annotated", seed, { annotations: { same: "blobs" } });
    expect(await remove(["a"])).toMatchObject({ tags: [{ name: "a" }], manifests: [], bytes: 0 });
    expect(await isThere("b")).toBe(true);
    expect(await remove(["b"])).toMatchObject({ manifests: [{ digest }], bytes: text.length });
    expect(await isThere("annotated")).toBe(true);
  });

  it("takes an index with its children and what refers to them, and brings all of it back", async () => {
    const [one, two] = [await pushUntagged(), await pushUntagged()];
    const index = await pushIndex("multi", [one.text, two.text]);
    const subject = { ...(await descriptorOf(one.text)) };
    const referrer = await pushUntagged({ subject, artifactType: "application/spdx+json" });
    const everything = [index, one.digest, two.digest, referrer.digest];
    const gone = await remove(["multi"]);
    expect(gone.manifests.map(({ digest }) => digest).toSorted()).toEqual(everything.toSorted());
    expect(gone.bytes).toBeGreaterThan(sizeOf(one.text) + sizeOf(two.text) + sizeOf(referrer.text));
    const there = (): Promise<boolean[]> => Promise.all(everything.map(isThere));
    expect(await there()).toEqual([false, false, false, false]);
    expect((await manage("POST", `spaces/${space}/deleted:undelete`, { repository: "web", tag: "multi" })).status).toBe(
      200,
    );
    expect(await there()).toEqual([true, true, true, true]);
  });

  it("leaves a child that another index needs, or that has a tag, with what refers to it", async () => {
    const [shared, own, tagged] = [await pushUntagged(), await pushUntagged(), await pushUntagged()];
    const index = await pushIndex("a", [shared.text, own.text, tagged.text]);
    await pushIndex("b", [shared.text]);
    await putManifest(web(), as, "tagged", tagged.text);
    const referrer = await pushUntagged({ subject: await descriptorOf(shared.text), artifactType: "application/x" });
    const { manifests } = await remove(["a"]);
    expect(manifests.map(({ digest }) => digest).toSorted()).toEqual([index, own.digest].toSorted());
    const left = [shared.digest, tagged.digest, referrer.digest, "b", "tagged"];
    expect(await Promise.all(left.map(isThere))).toEqual([true, true, true, true, true]);
  });

  it("leaves the manifest where an index needs it that stays", async () => {
    const { text, digest } = await pushImage(web(), as, "child", newSeed());
    await pushIndex("multi", [text]);
    expect(await remove(["child"])).toMatchObject({ tags: [{ name: "child" }], manifests: [] });
    expect(await isThere(digest)).toBe(true);
  });

  it("leaves the manifest where an index needs it that has no tag itself", async () => {
    const { text, digest } = await pushImage(web(), as, "child", newSeed());
    await pushIndex("", [text]);
    expect(await remove(["child"])).toMatchObject({ tags: [{ name: "child" }], manifests: [] });
    expect(await isThere(digest)).toBe(true);
  });

  it("leaves manifests where it is told to", async () => {
    const { digest } = await pushImage(web(), as, "old", newSeed());
    const terms = { keepManifests: true };
    expect(await remove(["old"], { ...terms, dryRun: true })).toMatchObject({ manifests: [], bytes: 0 });
    expect(await remove(["old"], terms)).toMatchObject({ tags: [{ name: "old" }], manifests: [], bytes: 0 });
    expect([await isThere("old"), await isThere(digest)]).toEqual([false, true]);
  });

  it("leaves immutable tags, with what they hold, and takes the others", async () => {
    const { text, digest } = await pushImage(web(), as, "v1", newSeed());
    await putManifest(web(), as, "edge", text);
    await manage("PATCH", `spaces/${space}/repositories/web`, { immutableTags: ["v*"] });
    expect(await remove(["v1", "edge"], { dryRun: true })).toMatchObject({ immutable: ["v1"], manifests: [] });
    expect(await remove(["v1", "edge"])).toMatchObject({ immutable: ["v1"], tags: [{ name: "edge" }] });
    expect([await isThere("v1"), await isThere("edge"), await isThere(digest)]).toEqual([true, false, true]);
  });

  it("tells of each tag and manifest that went, by whoever did it", async () => {
    const { digest } = await pushImage(web(), as, "old", newSeed());
    const { token } = await makeToken(space, { name: "keeper", actions: ["admin"] });
    const body = { repository: "web", tags: ["old"] };
    expect((await manage("POST", `spaces/${space}/tags:delete`, body, token)).status).toBe(200);
    const { results } = await env.DB.prepare(
      `SELECT e.type, e.tag, e.digest, t.name AS actor FROM events e JOIN tokens t ON t.id = e.actor
       WHERE e.type GLOB '*.deleted' AND t.name = 'keeper' ORDER BY e.type`,
    ).all();
    expect(results).toEqual([
      { type: "manifest.deleted", tag: null, digest, actor: "keeper" },
      { type: "tag.deleted", tag: "old", digest, actor: "keeper" },
    ]);
  });

  it("refuses what is no tag, no list and no repository", async () => {
    await pushImage(web(), as, "old", newSeed());
    const elsewhere = await manage("POST", `spaces/${space}/tagsx`, { repository: "web", tags: ["old"] });
    expect([elsewhere.status, await isThere("old")]).toEqual([404, true]);
    expect(await statusOf({ tags: ["not a tag"] })).toBe(400);
    expect(await statusOf({ tags: [] })).toBe(400);
    expect(await statusOf({ tags: ["old"], force: true })).toBe(400);
    expect(await statusOf({ tags: ["old"], repository: "other" })).toBe(404);
    expect(await statusOf({ tags: ["old"], repository: "../x" })).toBe(400);
  });

  it("of another space's repository finds nothing", async () => {
    const other = `${space}-other`;
    await pushImage(`${other}/web`, await makeSpace(other), "latest", newSeed());
    const { token } = await makeToken(space, { actions: ["admin"] });
    const body = { repository: "web", tags: ["latest"] };
    expect((await manage("POST", `spaces/${other}/tags:delete`, body, token)).status).toBe(404);
    expect((await manage("POST", `spaces/${space}/tags:delete`, body, token)).status).toBe(404);
  });
});

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { authorizeWithin } from "../../src/auth/authorize.ts";
import { requireDigest } from "../../src/oci/digest.ts";
import { requireRepositoryName } from "../../src/oci/name.ts";
import { requireTag } from "../../src/oci/reference.ts";
import { revertTag, type UndoStore } from "../../src/management/undo.ts";
import { d1Undo } from "../../src/storage/d1/management/undo.ts";
import { firstIdAt } from "../../src/registry/time-ordered-id.ts";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collect } from "../../src/upkeep/collect.ts";
import {
  descriptorOf,
  imageText,
  indexText,
  OCI_INDEX,
  padded,
  pushBlob,
  pushImage,
  putManifest,
  bytesOf,
  newBytes,
  newSeed,
} from "../support/content.ts";
import { makeTarget, makeTrigger, receive } from "../support/deploy.ts";
import { HARM, hideLog, keyOf, scrubAll } from "../support/damage.ts";
import { administratorOf, ask, makeSpace, makeToken, manage, nextSpace } from "../support/registry.ts";
import { isReadable } from "../support/upload.ts";

const DAY = 86_400_000;
const STORES = { collection: d1Collection(env.DB), objects: r2Objects(env.BLOBS) };

let space = "";
let as = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("undo"));
});

const web = (): string => `${space}/web`;

async function digestUnder(reference: string): Promise<string | null> {
  return (await ask(`/v2/${web()}/manifests/${reference}`, { method: "HEAD", as })).headers.get(
    "Docker-Content-Digest",
  );
}

async function remove(reference: string): Promise<void> {
  expect((await ask(`/v2/${web()}/manifests/${reference}`, { method: "DELETE", as })).status).toBe(202);
}

const post = (operation: string, body: object, token?: string): Promise<Response> =>
  manage("POST", `spaces/${space}/${operation}`, { repository: "web", ...body }, token);

const itemsShape = z.object({ items: z.array(z.record(z.string(), z.unknown())), next: z.string().nullable() });

async function list(address: string): Promise<z.infer<typeof itemsShape>["items"]> {
  return itemsShape.parse(await (await manage("GET", `spaces/${space}/${address}`)).json()).items;
}

/** Runs upkeep after so much time, without any grace. */
async function upkeepAfter(time: number): Promise<void> {
  for (let run = 0; run < 4; run++) {
    await collect(
      STORES,
      { grace: 0, keepDeleted: 7 * DAY, keepBytes: 0, orphanGrace: 3_600_000 },
      Date.now() + time + run,
    );
  }
}

/** Expects that everything that the manifest at the tag needs can be read. */
async function expectWhole(reference: string): Promise<void> {
  const answer = await ask(`/v2/${web()}/manifests/${reference}`, { as });
  expect(answer.status).toBe(200);
  const digests = (await answer.text()).matchAll(/"digest":"(sha256:[0-9a-f]{64})"/g);
  for (const [, digest = ""] of digests) {
    const isThere = (await isReadable(web(), as, requireDigest(digest))) || (await digestUnder(digest)) === digest;
    expect([digest, isThere]).toEqual([digest, true]);
  }
}

const problem = z.object({ code: z.string(), detail: z.unknown().optional(), errors: z.unknown().optional() });

async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${problem.parse(await answer.json()).code}`;
}

describe("a tag's history", () => {
  it("says who moved it from what to what, newest first, and whether that is still there", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    const second = await pushImage(web(), as, "latest", newSeed());
    await pushImage(web(), as, "other", newSeed());
    await remove("latest");
    await remove(first.digest);
    const actor = { name: "test" };
    expect(await list("history?repository=web&tag=latest")).toMatchObject([
      { type: "tag.deleted", digest: second.digest, previousDigest: second.digest, actor, content: "present" },
      { type: "tag.updated", digest: second.digest, previousDigest: first.digest, actor, content: "present" },
      { type: "tag.created", digest: first.digest, previousDigest: null, actor, content: "deleted" },
    ]);
    await upkeepAfter(8 * DAY);
    expect((await list("history?repository=web&tag=latest")).at(-1)).toMatchObject({ content: "gone" });
  });

  it("comes in pages", async () => {
    for (let push = 0; push < 3; push++) await pushImage(web(), as, "latest", newSeed());
    const seen: unknown[] = [];
    let address = `spaces/${space}/history?repository=web&tag=latest&limit=2`;
    for (let page = 0; page < 2; page++) {
      const { items, next } = itemsShape.parse(await (await manage("GET", address)).json());
      seen.push(...items.map(({ id }) => id));
      address += `&cursor=${next ?? ""}`;
    }
    expect(new Set(seen).size).toBe(3);
  });

  it("is that of a repository that is there", async () => {
    expect((await manage("GET", `spaces/${space}/history?repository=none&tag=latest`)).status).toBe(404);
    expect((await manage("GET", `spaces/${space}/history?repository=NONE&tag=latest`)).status).toBe(400);
    expect((await manage("GET", `spaces/${space}/history?repository=web`)).status).toBe(400);
  });
});

describe("revert", () => {
  it("moves a tag to what it was before, and again to what it was then", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    const second = await pushImage(web(), as, "latest", newSeed());
    const undone = await post("tags:revert", { tag: "latest" });
    expect(await undone.json()).toEqual({
      repository: "web",
      tag: "latest",
      digest: first.digest,
      previousDigest: second.digest,
    });
    expect(await digestUnder("latest")).toBe(first.digest);
    await post("tags:revert", { tag: "latest" });
    expect(await digestUnder("latest")).toBe(second.digest);
  });

  it("is an event like a push, by whoever asked for it", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    await pushImage(web(), as, "latest", newSeed());
    const { token } = await makeToken(space, { name: "boss", actions: ["admin"] });
    await post("tags:revert", { tag: "latest" }, token);
    const [event] = await list("events?limit=1");
    expect(event).toMatchObject({
      type: "registry.tag.updated",
      data: { tag: "latest", digest: first.digest, actor: { name: "boss" } },
    });
    await post("tags:revert", { tag: "latest" });
    expect(await list("events?limit=1")).toMatchObject([{ data: { actor: { name: "administrator" } } }]);
  });

  it("deploys, as a push does", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    await pushImage(web(), as, "latest", newSeed());
    const { id } = await makeTarget(space, "https://receiver.example.com/");
    const patience = { timeout: 30_000, interval: 200 };
    // A trigger that is made before they are taken gets the pushes, too.
    await vi.waitFor(async () => {
      for (const { triggers } of await list("events")) expect(triggers).not.toBeNull();
    }, patience);
    const received = receive(() => new Response());
    await makeTrigger(space, [id]);
    await post("tags:revert", { tag: "latest" });
    await vi.waitFor(() => expect(received.map(({ body }) => body).join("")).toContain(first.digest), patience);
    vi.restoreAllMocks();
  });

  it("goes to any digest of the repository, out of the trash as well, with all that it needs", async () => {
    const child = await imageText(web(), as, newSeed());
    await putManifest(web(), as, "child", child);
    const index = indexText([await descriptorOf(child)]);
    const { digest } = await descriptorOf(index);
    await putManifest(web(), as, "latest", index, OCI_INDEX);
    await pushImage(web(), as, "latest", newSeed());
    await remove(digest);
    await remove((await descriptorOf(child)).digest);
    await upkeepAfter(6 * DAY);
    expect((await post("tags:revert", { tag: "latest", to: digest })).status).toBe(200);
    expect(await digestUnder("latest")).toBe(digest);
    expect(await digestUnder((await descriptorOf(child)).digest)).not.toBeNull();
    await expectWhole((await descriptorOf(child)).digest);
    await upkeepAfter(30 * DAY);
    await expectWhole("latest");
    expect(await list("deleted/manifests?repository=web")).toEqual([]);
  });

  it("changes nothing where the tag is there already", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    const before = (await list("events")).length;
    expect((await post("tags:revert", { tag: "latest", to: digest })).status).toBe(200);
    expect((await list("events")).length).toBe(before);
  });

  it("to what is gone is refused, with what is missing", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    await pushImage(web(), as, "latest", newSeed());
    await remove(first.digest);
    await upkeepAfter(8 * DAY);
    const answer = await post("tags:revert", { tag: "latest" });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain(first.digest);
  });

  it("to what has lost a blob is refused, with the blob, and changes nothing", async () => {
    const layer = await pushBlob(web(), as, bytesOf(30, newSeed()));
    const { digest } = await pushImage(web(), as, "latest", newSeed(), { layers: [layer] });
    const { digest: now } = await pushImage(web(), as, "latest", newSeed());
    await remove(digest);
    expect((await ask(`/v2/${web()}/blobs/${layer.digest}`, { method: "DELETE", as })).status).toBe(202);
    const answer = await post("tags:revert", { tag: "latest" });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain(layer.digest);
    expect(await digestUnder("latest")).toBe(now);
    expect(await digestUnder(digest)).toBeNull();
  });

  describe("to a manifest that is there", () => {
    hideLog();

    it("but has lost a blob to damage is refused, with the blob, until that is mended", async () => {
      const bytes = newBytes(30);
      const layer = await pushBlob(web(), as, bytes);
      await pushImage(web(), as, "latest", newSeed(), { layers: [layer] });
      const { digest: now } = await pushImage(web(), as, "latest", newSeed());
      await HARM["no object"](await keyOf(layer.digest));
      await scrubAll();
      const answer = await post("tags:revert", { tag: "latest" });
      expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining(layer.digest)]);
      expect(await digestUnder("latest")).toBe(now);
      await pushBlob(web(), as, bytes);
      expect((await post("tags:revert", { tag: "latest" })).status).toBe(200);
    });
  });

  it("knows where the tag was before, although the event that set it to that is forgotten", async () => {
    const first = await pushImage(web(), as, "latest", newSeed());
    await pushImage(web(), as, "latest", newSeed());
    await env.DB.prepare("DELETE FROM events WHERE tag = 'latest' AND digest = ?").bind(first.digest).run();
    expect((await post("tags:revert", { tag: "latest" })).status).toBe(200);
    expect(await digestUnder("latest")).toBe(first.digest);
  });

  it("has nothing to go to where there was nothing else", async () => {
    await pushImage(web(), as, "latest", newSeed());
    expect(await codeOf(await post("tags:revert", { tag: "latest" }))).toBe("409 NOTHING_TO_REVERT");
    expect(await codeOf(await post("tags:revert", { tag: "never" }))).toBe("409 NOTHING_TO_REVERT");
    expect((await post("tags:revert", { repository: "none", tag: "latest" })).status).toBe(404);
    expect((await post("tags:revert", { tag: "la/test" })).status).toBe(400);
    expect((await post("tags:revert", { tag: "latest", to: "sha256:1" })).status).toBe(400);
  });

  it("does not move an immutable tag", async () => {
    await pushImage(web(), as, "v1", newSeed());
    const second = await pushImage(web(), as, "v1", newSeed());
    await manage("PATCH", `spaces/${space}`, { immutableTags: ["v*"] });
    expect((await post("tags:revert", { tag: "v1" })).status).toBe(403);
    expect(await digestUnder("v1")).toBe(second.digest);
  });

  it("meets another change of the tag, and one of them is told", async () => {
    await pushImage(web(), as, "latest", newSeed());
    const third = await pushImage(web(), as, "other", newSeed());
    await pushImage(web(), as, "latest", newSeed());
    for (let round = 0; round < 5; round++) {
      const [reverted, pushed] = await Promise.all([
        post("tags:revert", { tag: "latest" }),
        putManifest(web(), as, "latest", third.text),
      ]);
      expect(pushed.status).toBe(201);
      expect([reverted.status, await digestUnder("latest")]).toBeOneOf([
        [200, expect.stringMatching(/^sha256:/)],
        [409, third.digest],
      ]);
    }
  });

  it("leaves a tag alone that was moved since it was looked at", async () => {
    await pushImage(web(), as, "latest", newSeed());
    await pushImage(web(), as, "latest", newSeed());
    const store = d1Undo(env.DB, { registry: "registry.test", announce: () => undefined });
    const grant = authorizeWithin(administratorOf(space), "push", requireRepositoryName(web()));
    let moved = "";
    const overtaken: UndoStore = {
      ...store,
      async tagState(...asked) {
        const state = await store.tagState(...asked);
        moved = (await pushImage(web(), as, "latest", newSeed())).digest;
        return state;
      },
    };
    await expect(revertTag(overtaken, grant, requireTag("latest"), null)).rejects.toMatchObject({ kind: "TAG_MOVED" });
    expect(await digestUnder("latest")).toBe(moved);
  });
});

describe("undelete", () => {
  it("brings a tag back to what it pointed to", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    await remove("latest");
    expect(await list("deleted/tags?repository=web")).toMatchObject([
      { tag: "latest", digest, content: "present", until: expect.any(String) },
    ]);
    expect((await post("deleted:undelete", { tag: "latest" })).status).toBe(200);
    expect(await digestUnder("latest")).toBe(digest);
    expect(await list("deleted/tags?repository=web")).toEqual([]);
    expect(await codeOf(await post("deleted:undelete", { tag: "latest" }))).toBe("409 TAG_EXISTS");
    expect(await codeOf(await post("deleted:undelete", { tag: "never" }))).toBe("404 DELETION_UNKNOWN");
  });

  it("is not offered for a tag whose time is over", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    await remove("latest");
    const old = firstIdAt("evt", Date.now() - 8 * DAY);
    await env.DB.prepare("UPDATE events SET id = ? || id WHERE digest = ?").bind(old, digest).run();
    expect(await list("deleted/tags?repository=web")).toEqual([]);
  });

  it("brings a manifest back with its tags, but for those given anew", async () => {
    const text = padded(await imageText(web(), as, newSeed()), 1_000_000);
    for (const tag of ["a", "b", "c"]) await putManifest(web(), as, tag, text);
    const { digest } = await descriptorOf(text);
    await remove(digest);
    const other = await pushImage(web(), as, "b", newSeed());
    await upkeepAfter(6 * DAY);
    expect(await list("deleted/manifests?repository=web")).toMatchObject([
      { digest, tags: ["a", "b", "c"], actor: { name: "test" } },
    ]);
    expect(await (await post("deleted:undelete", { digest })).json()).toEqual({
      repository: "web",
      digest,
      tags: ["a", "c"],
    });
    expect(await Promise.all(["a", "b", "c"].map(digestUnder))).toEqual([digest, other.digest, digest]);
    await upkeepAfter(30 * DAY);
    await expectWhole("a");
  });

  it("is over when the time is", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    await remove(digest);
    await upkeepAfter(8 * DAY);
    expect(await codeOf(await post("deleted:undelete", { digest }))).toBe("404 DELETION_UNKNOWN");
    expect(await codeOf(await post("deleted:undelete", { tag: "latest" }))).toBe("409 CONTENT_GONE");
  });

  it("has nothing to do where the manifest was pushed again", async () => {
    const { digest, text } = await pushImage(web(), as, "latest", newSeed());
    await remove(digest);
    await putManifest(web(), as, "latest", text);
    expect(await list("deleted/manifests?repository=web")).toEqual([]);
    await remove(digest);
    expect((await post("deleted:undelete", { digest })).status).toBe(200);
    await expectWhole("latest");
  });

  it("brings a repository back whole", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    await manage("DELETE", `spaces/${space}/repositories/web`);
    await upkeepAfter(6 * DAY);
    expect(await list("deleted/repositories")).toMatchObject([{ name: "web", fullName: web() }]);
    expect((await post("deleted:undelete", {})).status).toBe(200);
    expect(await digestUnder("latest")).toBe(digest);
    await upkeepAfter(30 * DAY);
    await expectWhole("latest");
    expect(await codeOf(await post("deleted:undelete", {}))).toBe("404 DELETION_UNKNOWN");
  });

  it("finds no repository that is being taken apart, although its time was made longer meanwhile", async () => {
    await pushImage(web(), as, "latest", newSeed());
    await manage("DELETE", `spaces/${space}/repositories/web`);
    // Takes a cutoff at which the deletion could no longer be undone, while requests take one at which it can.
    await STORES.collection.purgeRepository({ now: Date.now(), cutoff: Date.now(), limit: 1 });
    expect(await list("deleted/repositories")).toEqual([]);
    expect(await codeOf(await post("deleted:undelete", {}))).toBe("404 DELETION_UNKNOWN");
  });

  it("leaves a repository alone that was made anew", async () => {
    await pushImage(web(), as, "latest", newSeed());
    await manage("DELETE", `spaces/${space}/repositories/web`);
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    expect(await codeOf(await post("deleted:undelete", {}))).toBe("409 REPOSITORY_EXISTS");
    expect(await digestUnder("latest")).toBe(digest);
  });

  it("of another space's things finds nothing", async () => {
    const { digest } = await pushImage(web(), as, "latest", newSeed());
    await remove(digest);
    const other = `${space}-other`;
    const stranger = await makeSpace(other);
    await pushImage(`${other}/web`, stranger, "latest", newSeed());
    const { token } = await makeToken(other, { actions: ["admin"] });
    expect((await post("deleted:undelete", { digest }, token)).status).toBe(404);
    const answer = await manage("POST", `spaces/${other}/deleted:undelete`, { repository: "web", digest }, token);
    expect(await codeOf(answer)).toBe("404 DELETION_UNKNOWN");
  });

  it("takes a tag or a digest, not both", async () => {
    const both = { tag: "latest", digest: `sha256:${"a".repeat(64)}` };
    expect((await post("deleted:undelete", both)).status).toBe(400);
  });
});

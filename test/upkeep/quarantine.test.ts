import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Digest } from "../../src/oci/digest.ts";
import type { Damage } from "../../src/registry/damage.ts";
import { d1Collection } from "../../src/storage/d1/upkeep/collection.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collect } from "../../src/upkeep/collect.ts";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  OCI_INDEX,
  padded,
  pushBlob,
  pushImage,
  putManifest,
  startSession,
  newSeed,
  newBytes,
} from "../support/content.ts";
import { type Disturbance, disturbCalls } from "../support/counting.ts";
import { damageOf, damagedOf, HARM, keyOf, scrubAll, hideLog } from "../support/damage.ts";
import { ask, errorOf, makeSpace, manage, nextSpace } from "../support/registry.ts";
import { finish, isReadable, patch } from "../support/upload.ts";

/** Tests the answers for content that scrub found gone or wrong, and its return. */

const DAY = 86_400_000;

let space = "";
let as = "";

hideLog();

beforeEach(async () => {
  ({ space, as } = await nextSpace("quarantine"));
});

function blob(repository: string, digest: string, method = "GET"): Promise<Response> {
  return ask(`/v2/${repository}/blobs/${digest}`, { method, as });
}

/** The kinds of harm to an object, with the damage that is then reported. */
const HARMS: readonly [keyof typeof HARM, Damage][] = [
  ["other bytes", "corrupt"],
  ["fewer bytes", "corrupt"],
  ["no object", "missing"],
];

describe.each(HARMS)("a blob with %s", (harm, damage) => {
  it("answers 404 with what is wrong and what helps, and is shown", async () => {
    const { digest } = await pushBlob(`${space}/web`, as, newBytes());
    await HARM[harm](await keyOf(digest));
    await scrubAll();
    expect((await blob(`${space}/web`, digest, "HEAD")).status).toBe(404);
    const expected = [404, "BLOB_UNKNOWN", { digest, damage }, true];
    expect(await damageOf(await blob(`${space}/web`, digest))).toEqual(expected);
    const { items } = await damagedOf(space);
    expect(items).toMatchObject([{ kind: "blob", digest, repository: `${space}/web`, size: 1000, damage, tags: [] }]);
  });

  it.each<[string, (repository: string, bytes: Uint8Array) => Promise<unknown>]>([
    ["in one request", (repository, bytes) => pushBlob(repository, as, bytes)],
    [
      "in a PUT",
      async (repository, bytes) => finish(await startSession(repository, as), as, await digestOf(bytes), bytes),
    ],
    [
      "in chunks",
      async (repository, bytes) => {
        const session = await startSession(repository, as);
        await patch(session, as, bytes);
        await finish(session, as, await digestOf(bytes));
      },
    ],
  ])("is mended by the next push %s, and its old object goes", async (_, push) => {
    const bytes = newBytes();
    const { digest } = await pushBlob(`${space}/web`, as, bytes);
    const oldKey = await keyOf(digest);
    await HARM[harm](oldKey);
    await scrubAll();
    await push(`${space}/web`, bytes);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
    expect((await damagedOf(space)).items).toEqual([]);
    expect(await keyOf(digest)).not.toBe(oldKey);
    await collect(
      { collection: d1Collection(env.DB), objects: r2Objects(env.BLOBS) },
      { grace: DAY, keepDeleted: DAY, keepBytes: 0, orphanGrace: 3_600_000 },
      Date.now() + 30 * DAY,
    );
    expect(await env.BLOBS.head(oldKey)).toBeNull();
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });

  it("is not mounted: the client uploads it, and all that share it have it again", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(`${space}/web`, as, bytes);
    const other = await makeSpace(`${space}-other`);
    await pushBlob(`${space}-other/app`, other, bytes);
    await HARM[harm](await keyOf(digest));
    await scrubAll();
    for (const from of [`&from=${space}/web`, ""]) {
      const path = `/v2/${space}/copy/blobs/uploads/?mount=${digest}${from}`;
      expect((await ask(path, { method: "POST", as })).status).toBe(202);
    }
    expect((await damagedOf(`${space}-other`)).items).toMatchObject([{ repository: `${space}-other/app`, damage }]);
    await pushBlob(`${space}/copy`, as, bytes);
    expect(await isReadable(`${space}/copy`, as, digest)).toBe(true);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
    expect(await isReadable(`${space}-other/app`, other, digest)).toBe(true);
  });

  it("is wanted again before a manifest that needs it is taken", async () => {
    const seed = newSeed();
    const { text } = await pushImage(`${space}/web`, as, "latest", seed);
    const layer = await digestOf(bytesOf(100, seed));
    await HARM[harm](await keyOf(layer));
    await scrubAll();
    expect((await damagedOf(space)).items).toMatchObject([{ digest: layer, tags: ["latest"] }]);
    expect(await errorOf(await putManifest(`${space}/web`, as, "again", text))).toBe("400 MANIFEST_BLOB_UNKNOWN");
    await pushBlob(`${space}/web`, as, bytesOf(100, seed));
    expect((await putManifest(`${space}/web`, as, "again", text)).status).toBe(201);
  });

  it("can be deleted", async () => {
    const { digest } = await pushBlob(`${space}/web`, as, newBytes());
    await HARM[harm](await keyOf(digest));
    await scrubAll();
    expect((await blob(`${space}/web`, digest, "DELETE")).status).toBe(202);
    expect((await damagedOf(space)).items).toEqual([]);
    expect(await errorOf(await blob(`${space}/web`, digest))).toBe("404 BLOB_UNKNOWN");
  });
});

describe.each(HARMS)("a long manifest with %s", (harm, damage) => {
  let text = "";
  let digest = "";
  let seed = 0;

  beforeEach(async () => {
    seed = newSeed();
    text = padded(await imageText(`${space}/web`, as, seed), 950_000);
    digest = await digestOf(text);
    await putManifest(`${space}/web`, as, "latest", text);
    await HARM[harm](await keyOf(digest, "manifests"));
  });

  it("answers 404 by tag and digest, and is shown with its tags", async () => {
    await scrubAll();
    for (const reference of ["latest", digest]) {
      const path = `/v2/${space}/web/manifests/${reference}`;
      expect((await ask(path, { method: "HEAD", as })).status).toBe(404);
      const expected = [404, "MANIFEST_UNKNOWN", { digest, damage }, true];
      expect(await damageOf(await ask(path, { as }))).toEqual(expected);
    }
    const { items } = await damagedOf(space);
    expect(items).toMatchObject([{ kind: "manifest", digest, repository: `${space}/web`, damage, tags: ["latest"] }]);
  });

  it("is mended by the next push, under any tag", async () => {
    const oldKey = await keyOf(digest, "manifests");
    await scrubAll();
    expect((await putManifest(`${space}/web`, as, "other", text)).status).toBe(201);
    for (const reference of ["latest", "other", digest]) {
      expect(await (await ask(`/v2/${space}/web/manifests/${reference}`, { as })).text()).toBe(text);
    }
    expect((await damagedOf(space)).items).toEqual([]);
    expect(await env.DB.prepare("SELECT 1 FROM condemned WHERE key = ?").bind(oldKey).first()).not.toBeNull();
  });

  it("is wanted again before an index that needs it is taken, and before a tag points to it", async () => {
    await scrubAll();
    const index = indexText([await descriptorOf(text)]);
    const refused = await putManifest(`${space}/web`, as, "all", index, OCI_INDEX);
    expect(await errorOf(refused)).toBe("400 MANIFEST_BLOB_UNKNOWN");
    await putManifest(`${space}/web`, as, digest, text);
    expect((await putManifest(`${space}/web`, as, "all", index, OCI_INDEX)).status).toBe(201);
  });

  it("is neither mended nor tagged by a push whose blob is lost at the last moment", async () => {
    await scrubAll();
    const layer = await digestOf(bytesOf(100, seed));
    let batches = 0;
    const loseBlob: Disturbance = async ({ name }, proceed) => {
      batches += Number(name === "D1 batch");
      if (name === "D1 batch" && batches === 2) {
        const quarantine = "UPDATE blobs SET quarantined_at = 1, damage = 'missing' WHERE digest = ?";
        await env.DB.prepare(quarantine).bind(layer).run();
      }
      return proceed();
    };
    await disturbCalls(loseBlob, async () => {
      const refused = await putManifest(`${space}/web`, as, "other", text);
      expect(await errorOf(refused)).toBe("400 MANIFEST_BLOB_UNKNOWN");
    });
    const tagged =
      "SELECT 1 FROM tags t JOIN repositories r ON r.id = t.repository_id WHERE t.name = 'other' AND t.digest = ?";
    expect(await env.DB.prepare(tagged).bind(digest).first()).toBeNull();
    expect((await ask(`/v2/${space}/web/manifests/${digest}`, { as })).status).toBe(404);
  });

  it("can be deleted", async () => {
    await scrubAll();
    expect((await ask(`/v2/${space}/web/manifests/${digest}`, { method: "DELETE", as })).status).toBe(202);
    expect((await damagedOf(space)).items).toEqual([]);
  });
});

function undo(operation: string, body: object): Promise<Response> {
  return manage("POST", `spaces/${space}/${operation}`, { repository: "web", ...body });
}

describe("an undo", () => {
  it("to a damaged manifest is refused until that is pushed again", async () => {
    const text = padded(await imageText(`${space}/web`, as, newSeed()), 950_000);
    const digest = await digestOf(text);
    await putManifest(`${space}/web`, as, "latest", text);
    await pushImage(`${space}/web`, as, "latest", newSeed());
    await HARM["other bytes"](await keyOf(digest, "manifests"));
    await scrubAll();
    const refused = await undo("tags:revert", { tag: "latest" });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining(digest)]);
    await putManifest(`${space}/web`, as, "other", text);
    expect((await undo("tags:revert", { tag: "latest" })).status).toBe(200);
  });

  it("of a deletion whose manifest needs a damaged blob is refused until that is pushed again", async () => {
    const seed = newSeed();
    const { digest } = await pushImage(`${space}/web`, as, "latest", seed);
    const layer = bytesOf(100, seed);
    await ask(`/v2/${space}/web/manifests/${digest}`, { method: "DELETE", as });
    await HARM["no object"](await keyOf(await digestOf(layer)));
    await scrubAll();
    const refused = await undo("deleted:undelete", { digest });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining(await digestOf(layer))]);
    await pushBlob(`${space}/web`, as, layer);
    expect((await undo("deleted:undelete", { digest })).status).toBe(200);
    expect((await ask(`/v2/${space}/web/manifests/latest`, { as })).status).toBe(200);
  });
});

describe("a blob of a sha512 digest", () => {
  it("is compared by that", async () => {
    const bytes = newBytes();
    const digest = await digestOf(bytes, "sha512");
    await ask(`/v2/${space}/web/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes });
    await scrubAll();
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
    await HARM["other bytes"](await keyOf(digest));
    await scrubAll();
    expect((await blob(`${space}/web`, digest)).status).toBe(404);
  });
});

describe("what is right", () => {
  it("stays as it is", async () => {
    const seed = newSeed();
    const { text } = await pushImage(`${space}/web`, as, "latest", seed);
    await scrubAll();
    expect(await (await ask(`/v2/${space}/web/manifests/latest`, { as })).text()).toBe(text);
    expect(await isReadable(`${space}/web`, as, await digestOf(bytesOf(100, seed)))).toBe(true);
  });

  it("again, under the same key, is released by the next walk", async () => {
    const bytes = newBytes();
    const { digest } = await pushBlob(`${space}/web`, as, bytes);
    const key = await keyOf(digest);
    await env.BLOBS.delete(key);
    await scrubAll();
    await env.BLOBS.put(key, bytes);
    expect((await blob(`${space}/web`, digest)).status).toBe(404);
    await scrubAll();
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });
});

async function finished(): Promise<{ session: string; digest: Digest; bytes: Uint8Array; key: string }> {
  const bytes = newBytes();
  const digest = await digestOf(bytes);
  const session = await startSession(`${space}/web`, as);
  await patch(session, as, bytes);
  await finish(session, as, digest);
  return { session, digest, bytes, key: await keyOf(digest) };
}

describe("a repeated finish of an upload", () => {
  it.each(HARMS)("does not bring back what has %s: the client uploads anew", async (harm) => {
    const { session, digest, bytes, key } = await finished();
    await HARM[harm](key);
    await scrubAll();
    expect(await errorOf(await finish(session, as, digest))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect((await blob(`${space}/web`, digest)).status).toBe(404);
    await pushBlob(`${space}/web`, as, bytes);
    expect((await finish(session, as, digest)).status).toBe(201);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });

  it("is no success where the object is gone and nobody has noticed yet; then it is noticed", async () => {
    const { session, digest, key } = await finished();
    await env.BLOBS.delete(key);
    expect(await errorOf(await finish(session, as, digest))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    await vi.waitFor(async () => expect((await damagedOf(space)).items).toMatchObject([{ digest, damage: "missing" }]));
  });
});

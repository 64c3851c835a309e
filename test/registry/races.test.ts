import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
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
import { ask, makeSpace } from "../support/registry.ts";
import { isReadable } from "../support/upload.ts";

/** Tests requests that meet at the same moment: the invariants hold whatever order they take effect in. */
const ROUNDS = Array.from({ length: 12 }, (_, round) => round);

let as: string;

beforeAll(async () => {
  as = await makeSpace("races");
});

describe.each(ROUNDS)("round %i", (round) => {
  it("a manifest pushed while one of its blobs is deleted is refused, or keeps the blob", async () => {
    const repository = `races/blob${round}`;
    const text = await imageText(repository, as, round);
    const layer = await digestOf(bytesOf(100, round));
    const [pushed, deleted] = await Promise.all([
      putManifest(repository, as, "latest", text),
      ask(`/v2/${repository}/blobs/${layer}`, { method: "DELETE", as }),
    ]);
    expect([pushed.status, deleted.status]).toBeOneOf([
      [201, 405],
      [400, 202],
    ]);
    expect(await isReadable(repository, as, layer)).toBe(pushed.status === 201);
  });

  it("an index pushed while its child is deleted is refused, or keeps the child", async () => {
    const repository = `races/child${round}`;
    const child = await pushImage(repository, as, "child", round);
    await ask(`/v2/${repository}/manifests/child`, { method: "DELETE", as });
    const [pushed, deleted] = await Promise.all([
      putManifest(repository, as, "latest", indexText([await descriptorOf(child.text)]), OCI_INDEX),
      ask(`/v2/${repository}/manifests/${child.digest}`, { method: "DELETE", as }),
    ]);
    expect([pushed.status, deleted.status]).toBeOneOf([
      [201, 405],
      [400, 202],
    ]);
    const readable = await ask(`/v2/${repository}/manifests/${child.digest}`, { as });
    expect(readable.status).toBe(pushed.status === 201 ? 200 : 404);
  });

  it("a tag set while its manifest is deleted resolves, or was not acknowledged, or is gone with it", async () => {
    const repository = `races/tag${round}`;
    const { text, digest } = await pushImage(repository, as, "first", round);
    const [tagged] = await Promise.all([
      putManifest(repository, as, "second", text),
      ask(`/v2/${repository}/manifests/${digest}`, { method: "DELETE", as }),
    ]);
    expect(tagged.status).toBe(201);
    const statuses = await Promise.all(
      ["second", digest].map(
        async (reference) => (await ask(`/v2/${repository}/manifests/${reference}`, { as })).status,
      ),
    );
    expect(statuses).toBeOneOf([
      [200, 200],
      [404, 404],
    ]);
  });

  it("the same bytes pushed to several repositories are kept once and read everywhere", async () => {
    const bytes = bytesOf(500, 1000 + round);
    const digest = await digestOf(bytes);
    const repositories = ["a", "b", "c", "d"].map((name) => `races/same-${name}${round}`);
    await Promise.all(repositories.map((repository) => pushBlob(repository, as, bytes)));
    const readable = await Promise.all(repositories.map((repository) => isReadable(repository, as, digest)));
    expect(readable).toEqual([true, true, true, true]);
    const known = await env.DB.prepare("SELECT COUNT(*) AS n FROM blobs WHERE digest = ?").bind(digest).first("n");
    expect(known).toBe(1);
  });

  it("several pushes of one tag leave it on one of them, and each wrote its event", async () => {
    const repository = `races/moved${round}`;
    const texts = await Promise.all([1, 2, 3].map((seed) => imageText(repository, as, 10 * round + seed)));
    const answers = await Promise.all(texts.map((text) => putManifest(repository, as, "latest", text)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await (await ask(`/v2/${repository}/manifests/latest`, { as })).text()).toBeOneOf(texts);
    const { results } = await env.DB.prepare(
      `SELECT e.type, e.digest, e.previous_digest FROM events e JOIN repositories r ON r.id = e.repository_id
       WHERE r.path = ? AND e.tag = 'latest'`,
    )
      .bind(`moved${round}`)
      .all();
    expect(results.map(({ type }) => String(type)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "tag.created",
      "tag.updated",
      "tag.updated",
    ]);
    // Each moved the tag from the digest that another had set.
    const previous = results.map((event) => event["previous_digest"]).filter((digest) => digest !== null);
    expect(new Set(previous).size).toBe(2);
  });
});

import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  indexText,
  OCI_INDEX,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { damagedOf, HARM, keyOf, scrubAll } from "../support/damage.ts";
import { makeSpace } from "../support/registry.ts";

let space = "";
let as = "";
let spaces = 0;
let seeds = 5000;

beforeAll(() => {
  // What is quarantined, released or unreadable is logged.
  vi.spyOn(console, "error").mockReturnValue(undefined);
});

afterAll(() => {
  vi.restoreAllMocks();
});

beforeEach(async () => {
  spaces += 1;
  space = `damaged${spaces}`;
  as = await makeSpace(space);
});

function newBytes(length = 1000): Uint8Array {
  seeds += 1;
  return bytesOf(length, seeds);
}

describe("the list of what is damaged", () => {
  it("comes in pages, of the space's own repositories alone", async () => {
    const digests: string[] = [];
    for (let index = 0; index < 3; index++) {
      const bytes = newBytes();
      digests.push((await pushBlob(`${space}/web`, as, bytes)).digest);
      await pushBlob(`${space}/api`, as, bytes);
      await pushBlob(`${space}/gone`, as, bytes);
    }
    await Promise.all(digests.map(async (digest) => HARM["no object"](await keyOf(digest))));
    await scrubAll();
    await env.DB.prepare("UPDATE repositories SET deleted_at = 1 WHERE path = 'gone' AND deleted_at IS NULL").run();
    const seen: string[] = [];
    for (let next: string | null = ""; next !== null;) {
      const page = await damagedOf(space, `?limit=1${next === "" ? "" : `&cursor=${encodeURIComponent(next)}`}`);
      seen.push(...page.items.map(({ digest, repository }) => `${digest} ${repository}`));
      next = page.next;
    }
    const expected = digests.toSorted().flatMap((digest) => [`${digest} ${space}/web`, `${digest} ${space}/api`]);
    expect(seen).toEqual(expected);
    await makeSpace(`${space}-other`);
    expect((await damagedOf(`${space}-other`)).items).toEqual([]);
  });

  it.each(["%00", "a/b/c/d", "/9999999999999999999999/", "sha256:zz"])("takes any cursor: %s", async (cursor) => {
    expect((await damagedOf(space, `?cursor=${cursor}`)).next).toBeNull();
  });

  it("names the tags of an index whose child's blob is damaged", async () => {
    const { text } = await pushImage(`${space}/web`, as, "amd64", (seeds += 1));
    await putManifest(`${space}/web`, as, "all", indexText([await descriptorOf(text)]), OCI_INDEX);
    await HARM["no object"](await keyOf(await digestOf(bytesOf(100, seeds))));
    await scrubAll();
    const { items } = await damagedOf(space);
    expect(items.map(({ tags }) => tags.toSorted())).toEqual([["all", "amd64"]]);
  });
});

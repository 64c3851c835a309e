import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  indexText,
  OCI_INDEX,
  pushBlob,
  pushImage,
  putManifest,
  newSeed,
  newBytes,
} from "../support/content.ts";
import { damagedOf, HARM, keyOf, scrubAll, hideLog } from "../support/damage.ts";
import { makeSpace, nextSpace } from "../support/registry.ts";

let space = "";
let as = "";

hideLog();

beforeEach(async () => {
  ({ space, as } = await nextSpace("damaged"));
});

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
    const seed = newSeed();
    const { text } = await pushImage(`${space}/web`, as, "amd64", seed);
    await putManifest(`${space}/web`, as, "all", indexText([await descriptorOf(text)]), OCI_INDEX);
    await HARM["no object"](await keyOf(await digestOf(bytesOf(100, seed))));
    await scrubAll();
    const { items } = await damagedOf(space);
    expect(items.map(({ tags }) => tags.toSorted())).toEqual([["all", "amd64"]]);
  });
});

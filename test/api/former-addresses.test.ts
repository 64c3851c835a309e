import { beforeAll, describe, expect, it } from "vitest";
import { pushImage } from "../support/content.ts";
import { makeSpace, manage } from "../support/registry.ts";

/** An operation that has moved still answers at its former address, so that scripts and older command lines need not change first. */

const SPACE = "former";
let first: string;
let second: string;

beforeAll(async () => {
  const as = await makeSpace(SPACE);
  first = (await pushImage(`${SPACE}/web`, as, "latest", 1)).digest;
  second = (await pushImage(`${SPACE}/web`, as, "latest", 2)).digest;
});

describe("an address of an earlier version", () => {
  it("previews retention", async () => {
    const answer = await manage("POST", `spaces/${SPACE}/retention:preview`, { keep: { newest: 1 } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ items: [], totals: { repositories: 1, tags: 0 }, next: null });
  });

  it("reverts a tag", async () => {
    const answer = await manage("POST", `spaces/${SPACE}/revert`, { repository: "web", tag: "latest" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ repository: "web", tag: "latest", digest: first, previousDigest: second });
  });

  it("restores a repository", async () => {
    expect((await manage("DELETE", `spaces/${SPACE}/repositories/web`)).status).toBe(204);
    const answer = await manage("POST", `spaces/${SPACE}/undelete`, { repository: "web" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ repository: "web", digest: null, tags: [] });
  });
});

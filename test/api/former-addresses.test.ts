import { beforeAll, describe, expect, it } from "vitest";
import { pushImage } from "../support/content.ts";
import { makeSpace, manage } from "../support/registry.ts";

/** An operation that has moved goes on answering where it was: a script, or an older command line, need not be changed first. */

const SPACE = "former";

beforeAll(async () => {
  const as = await makeSpace(SPACE);
  await pushImage(`${SPACE}/web`, as, "latest");
});

describe("an address of an earlier version", () => {
  it("previews retention", async () => {
    const answer = await manage("POST", `spaces/${SPACE}/retention:preview`, { keep: { newest: 1 } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ items: [], totals: { repositories: 1, tags: 0 }, next: null });
  });
});

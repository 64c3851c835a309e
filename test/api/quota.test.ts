import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { bytesOf, pushBlob } from "../support/content.ts";
import { makeSpace, makeToken, manage } from "../support/registry.ts";

const spaceShape = z.object({
  usage: z.strictObject({ bytes: z.int(), repositories: z.int() }),
  quota: z.strictObject({ bytes: z.int().nullable(), repositories: z.int().nullable() }),
  nearLimit: z.boolean(),
});

let spaces = 0;
let space = "";
let as = "";

beforeEach(async () => {
  spaces += 1;
  space = `limits${spaces}`;
  as = await makeSpace(space);
});

async function limits(answer: Promise<Response>): Promise<z.infer<typeof spaceShape>> {
  return spaceShape.parse(await (await answer).json());
}

const setQuota = (quota: unknown, token?: string): Promise<Response> =>
  manage("PATCH", `spaces/${space}`, { quota }, token);

describe("a space's quota", () => {
  it("is none at first", async () => {
    expect((await limits(manage("GET", `spaces/${space}`))).quota).toEqual({ bytes: null, repositories: null });
  });

  it("is set, changed in part, and lifted", async () => {
    expect((await limits(setQuota({ bytes: 1000, repositories: 2 }))).quota).toEqual({ bytes: 1000, repositories: 2 });
    expect((await limits(setQuota({ bytes: 5000 }))).quota).toEqual({ bytes: 5000, repositories: 2 });
    expect((await limits(setQuota({ repositories: null }))).quota).toEqual({ bytes: 5000, repositories: null });
    expect((await limits(manage("PATCH", `spaces/${space}`, { public: true }))).quota.bytes).toBe(5000);
    expect((await limits(setQuota({ bytes: null }))).quota).toEqual({ bytes: null, repositories: null });
  });

  it("is the installation's business: the space's own administrator only sees it", async () => {
    await setQuota({ bytes: 1000 });
    const { token } = await makeToken(space, { actions: ["admin"] });
    const refused = await setQuota({ bytes: null }, token);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "DENIED" }]);
    const both = await manage("PATCH", `spaces/${space}`, { public: true, quota: { bytes: null } }, token);
    expect(both.status).toBe(403);
    expect(await (await manage("GET", `spaces/${space}`, undefined, token)).json()).toMatchObject({
      public: false,
      quota: { bytes: 1000 },
    });
  });

  it.each([{ bytes: -1 }, { bytes: 1.5 }, { bytes: "1" }, { bytes: 2 ** 53 }, { layers: 1 }, {}, null, 5])(
    "is refused as %o",
    async (quota) => {
      expect((await setQuota(quota)).status).toBe(400);
    },
  );
});

describe("a space", () => {
  it("shows what it has, and whether that is nearly all it may have", async () => {
    await setQuota({ bytes: 1000, repositories: 11 });
    await pushBlob(`${space}/web`, as, bytesOf(899));
    expect(await limits(manage("GET", `spaces/${space}`))).toMatchObject({
      usage: { bytes: 899, repositories: 1 },
      nearLimit: false,
    });
    await pushBlob(`${space}/web`, as, bytesOf(1));
    expect(await limits(manage("GET", `spaces/${space}`))).toMatchObject({ usage: { bytes: 900 }, nearLimit: true });
    await setQuota({ bytes: null, repositories: 1 });
    expect(await limits(manage("GET", `spaces/${space}`))).toMatchObject({ nearLimit: true });
  });
});

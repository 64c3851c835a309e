import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, digestOf, startSession } from "../support/content.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch } from "../support/upload.ts";

const REPOSITORY = "digests/web";
const LARGE = 11 * 1024 * 1024;
let as: string;

beforeAll(async () => {
  as = await makeSpace("digests");
});

describe("a digest that is not the content's", () => {
  const wrong = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

  it.each([10, LARGE])("ends nothing after chunks of %i bytes: the right digest still finishes", async (size) => {
    const bytes = bytesOf(size, size);
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes);
    expect(await errorOf(await finish(session, as, wrong))).toBe("400 DIGEST_INVALID");
    expect(await offsetOf(session, as)).toBe(size);
    expect((await ask(`/v2/${REPOSITORY}/blobs/${wrong}`, { as })).status).toBe(404);
    expect((await finish(session, as, await digestOf(bytes))).status).toBe(201);
  });

  it("ends nothing in a single PUT: the session takes the whole again", async () => {
    const bytes = bytesOf(100, 11);
    const session = await startSession(REPOSITORY, as);
    expect(await errorOf(await finish(session, as, wrong, bytes))).toBe("400 DIGEST_INVALID");
    expect(await offsetOf(session, as)).toBe(0);
    expect((await finish(session, as, await digestOf(bytes), bytes)).status).toBe(201);
  });

  it("is refused in a single POST", async () => {
    const answer = await ask(`/v2/${REPOSITORY}/blobs/uploads/?digest=${wrong}`, {
      method: "POST",
      as,
      body: bytesOf(5),
    });
    expect(await errorOf(answer)).toBe("400 DIGEST_INVALID");
  });

  it("is refused for an empty session", async () => {
    const session = await startSession(REPOSITORY, as);
    expect(await errorOf(await finish(session, as, wrong))).toBe("400 DIGEST_INVALID");
  });

  it.each(["", "sha256:", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e", `sha256:${"A".repeat(64)}`])(
    "is refused when it is no digest at all: %s",
    async (digest) => {
      const session = await startSession(REPOSITORY, as);
      expect(await errorOf(await finish(session, as, digest, bytesOf(5)))).toBe("400 DIGEST_INVALID");
      expect(await offsetOf(session, as)).toBe(0);
    },
  );
});

describe("sha512", () => {
  it.each([
    { name: "announced, small", query: "?digest-algorithm=sha512", size: 1000 },
    { name: "announced, in parts", query: "?digest-algorithm=sha512", size: LARGE },
    { name: "named only at the end, small", query: "", size: 1001 },
    { name: "named only at the end, in parts, so read back", query: "", size: LARGE + 1 },
  ])("is checked: $name", async ({ query, size }) => {
    const bytes = bytesOf(size, size);
    const digest = await digestOf(bytes, "sha512");
    const session = await startSession(REPOSITORY, as, query);
    await patch(session, as, bytes);
    expect((await finish(session, as, digest)).status).toBe(201);
    expect(await isReadable(REPOSITORY, as, digest)).toBe(true);
  });

  it("is checked in a single PUT and a single POST", async () => {
    const bytes = bytesOf(100, 12);
    const digest = await digestOf(bytes, "sha512");
    const session = await startSession(REPOSITORY, as);
    expect(await errorOf(await finish(session, as, digest, bytesOf(100, 13)))).toBe("400 DIGEST_INVALID");
    expect((await finish(session, as, digest, bytes)).status).toBe(201);
    expect(
      (await ask(`/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`, { method: "POST", as, body: bytes })).status,
    ).toBe(201);
  });

  it("that is wrong after parts ends the session, since its bytes cannot be taken apart again", async () => {
    const bytes = bytesOf(LARGE, 14);
    const session = await startSession(REPOSITORY, as);
    await patch(session, as, bytes);
    expect(await errorOf(await finish(session, as, `sha512:${"0".repeat(128)}`))).toBe("400 DIGEST_INVALID");
    expect(await offsetOf(session, as)).toBeNull();
  });

  it("is the only other algorithm", async () => {
    const answer = await ask(`/v2/${REPOSITORY}/blobs/uploads/?digest-algorithm=md5`, { method: "POST", as });
    expect(await errorOf(answer)).toBe("400 DIGEST_INVALID");
  });
});

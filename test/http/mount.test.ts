import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { bytesOf, digestOf, pushBlob } from "../support/content.ts";
import { ask, errorOf, makeSpace, makeToken, manage } from "../support/registry.ts";
import { finish, isReadable } from "../support/upload.ts";

const SIZE = 500;
const tokenAnswer = z.object({ token: z.string() });
let as: string;

beforeAll(async () => {
  as = await makeSpace("mount");
});

interface Mount {
  readonly digest: string;
  readonly to: string;
  /** If left out, the registry looks for a source itself. */
  readonly from?: string;
  /** A credential's secret, sent as Basic. */
  readonly by?: string;
  /** An access token, sent as Bearer. */
  readonly bearer?: string;
}

function mount({ digest, to, from, by = as, bearer }: Mount): Promise<Response> {
  const query = new URLSearchParams({ mount: digest, ...(from !== undefined && { from }) }).toString();
  return ask(`/v2/${to}/blobs/uploads/?${query}`, {
    method: "POST",
    ...(bearer === undefined ? { as: by } : { headers: { Authorization: `Bearer ${bearer}` } }),
  });
}

/** Gets an access token for these scopes, as clients do. */
async function accessToken(secret: string, ...scopes: readonly string[]): Promise<string> {
  const query = new URLSearchParams([["service", "registry.test"], ...scopes.map((scope) => ["scope", scope])]);
  const answer = await ask(`/token?${query.toString()}`, { as: secret });
  return tokenAnswer.parse(await answer.json()).token;
}

async function isLinked(repository: string, digest: string, by = as): Promise<boolean> {
  return (await ask(`/v2/${repository}/blobs/${digest}`, { as: by, method: "HEAD" })).status === 200;
}

/** Fails unless the answer is an upload session that takes these bytes. */
async function expectUsableSession(answer: Response, to: string, bytes: Uint8Array, by = as): Promise<void> {
  expect(answer.status).toBe(202);
  const location = answer.headers.get("Location") ?? "";
  expect(location).toMatch(new RegExp(`^/v2/${to}/blobs/uploads/`));
  const digest = await digestOf(bytes);
  expect((await finish(location, by, digest, bytes)).status).toBe(201);
  expect(await isReadable(to, by, digest)).toBe(true);
}

describe("mounting from a repository", () => {
  it("makes the blob readable without sending it", async () => {
    const bytes = bytesOf(SIZE, 1);
    const { digest } = await pushBlob("mount/source", as, bytes);
    const answer = await mount({ digest, to: "mount/target", from: "mount/source" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("Location")).toBe(`/v2/mount/target/blobs/${digest}`);
    expect(answer.headers.get("Docker-Content-Digest")).toBe(digest);
    expect(await isReadable("mount/target", as, digest)).toBe(true);
  });

  it("tells the right size by HEAD", async () => {
    const { digest } = await pushBlob("mount/source", as, bytesOf(SIZE, 2));
    await mount({ digest, to: "mount/sized", from: "mount/source" });
    const head = await ask(`/v2/mount/sized/blobs/${digest}`, { as, method: "HEAD" });
    expect(head.headers.get("Content-Length")).toBe(String(SIZE));
  });

  it("may be done twice", async () => {
    const { digest } = await pushBlob("mount/source", as, bytesOf(SIZE, 3));
    const first = await mount({ digest, to: "mount/twice", from: "mount/source" });
    const second = await mount({ digest, to: "mount/twice", from: "mount/source" });
    expect([first.status, second.status]).toEqual([201, 201]);
  });

  it("may be done from the repository itself", async () => {
    const { digest } = await pushBlob("mount/source", as, bytesOf(SIZE, 4));
    expect((await mount({ digest, to: "mount/source", from: "mount/source" })).status).toBe(201);
  });

  it("outlives the source's deletion of the blob", async () => {
    const bytes = bytesOf(SIZE, 5);
    const { digest } = await pushBlob("mount/source", as, bytes);
    await mount({ digest, to: "mount/heir", from: "mount/source" });
    await ask(`/v2/mount/source/blobs/${digest}`, { as, method: "DELETE" });
    expect(await isReadable("mount/heir", as, digest)).toBe(true);
  });

  it.each([
    ["lacks the blob", "mount/empty"],
    ["does not exist", "mount/nowhere"],
    ["has no space that exists", "nobody/web"],
  ])("that %s starts an upload", async (_, from) => {
    await pushBlob("mount/empty", as, bytesOf(1));
    const bytes = bytesOf(SIZE, 6);
    await expectUsableSession(
      await mount({ digest: await digestOf(bytes), to: "mount/new", from }),
      "mount/new",
      bytes,
    );
  });

  it.each(["UPPER/Case", "mount", "../mount/source", "mount//source", "\0", "é/é", "a".repeat(300)])(
    "that is malformed starts an upload: %j",
    async (from) => {
      const { digest } = await pushBlob("mount/source", as, bytesOf(SIZE, 7));
      expect((await mount({ digest, to: "mount/odd", from })).status).toBe(202);
      expect(await isLinked("mount/odd", digest)).toBe(false);
    },
  );

  it.each(["sha256:abc", "", "latest"])("refuses a malformed digest: %j", async (digest) => {
    expect(await errorOf(await mount({ digest, to: "mount/web", from: "mount/source" }))).toBe("400 DIGEST_INVALID");
  });

  it("refuses a token that may not push to the target", async () => {
    const { digest } = await pushBlob("mount/source", as, bytesOf(SIZE, 8));
    const { token } = await makeToken("mount", { actions: ["pull"] });
    expect(await errorOf(await mount({ digest, to: "mount/web", from: "mount/source", by: token }))).toBe("403 DENIED");
  });
});

describe("mounting across spaces", () => {
  it("starts an upload where the source is private", async () => {
    const owner = await makeSpace("mount-private");
    const bytes = bytesOf(SIZE, 20);
    const { digest } = await pushBlob("mount-private/web", owner, bytes);
    const answer = await mount({ digest, to: "mount/spy", from: "mount-private/web" });
    await ask(answer.headers.get("Location") ?? "", { as, method: "DELETE" });
    expect(answer.status).toBe(202);
    expect(await isLinked("mount/spy", digest)).toBe(false);
  });

  it("answers alike whether a private source has the blob or not", async () => {
    const owner = await makeSpace("mount-secret");
    const { digest } = await pushBlob("mount-secret/web", owner, bytesOf(SIZE, 21));
    const shapes: unknown[] = [];
    for (const one of [digest, await digestOf("not there")]) {
      const answer = await mount({ digest: one, to: "mount/spy", from: "mount-secret/web" });
      shapes.push([answer.status, [...answer.headers.keys()], await answer.text()]);
    }
    expect(shapes[0]).toEqual(shapes[1]);
  });

  it("works from a public space", async () => {
    const owner = await makeSpace("mount-public", true);
    const bytes = bytesOf(SIZE, 22);
    const { digest } = await pushBlob("mount-public/web", owner, bytes);
    expect((await mount({ digest, to: "mount/guest", from: "mount-public/web" })).status).toBe(201);
    expect(await isReadable("mount/guest", as, digest)).toBe(true);
  });

  it("works from a public repository of a private space, and from no other", async () => {
    const owner = await makeSpace("mount-half");
    const { digest } = await pushBlob("mount-half/open", owner, bytesOf(SIZE, 23));
    await pushBlob("mount-half/closed", owner, bytesOf(SIZE, 23));
    await manage("PATCH", "spaces/mount-half/repositories/open", { public: true });
    expect((await mount({ digest, to: "mount/half-a", from: "mount-half/closed" })).status).toBe(202);
    expect((await mount({ digest, to: "mount/half-b", from: "mount-half/open" })).status).toBe(201);
  });
});

describe("mounting without a source", () => {
  it("finds the blob in the same space", async () => {
    const bytes = bytesOf(SIZE, 30);
    const { digest } = await pushBlob("mount/source", as, bytes);
    expect((await mount({ digest, to: "mount/found" })).status).toBe(201);
    expect(await isReadable("mount/found", as, digest)).toBe(true);
  });

  it.each([
    ["is nowhere", null],
    ["is in another private space only", false],
    ["is in another public space only", true],
  ])("starts an upload where the blob %s", async (name, isPublic) => {
    const bytes = bytesOf(SIZE, 31 + name.length);
    const other = `mount-${name.replaceAll(" ", "-")}`;
    if (isPublic !== null) await pushBlob(`${other}/web`, await makeSpace(other, isPublic), bytes);
    const answer = await mount({ digest: await digestOf(bytes), to: "mount/unfound" });
    await expectUsableSession(answer, "mount/unfound", bytes);
  });

  it.each([
    ["covers where the blob is", { repositories: ["a/**", "src/*"] }, 201],
    ["does not cover where the blob is", { repositories: ["a/**"] }, 202],
    ["excludes where the blob is", { repositories: ["**", "!src/*"] }, 202],
    ["may not pull", { repositories: ["**"], actions: ["push"] }, 202],
  ])("looks where the token %s", async (name, wish, status) => {
    const { digest } = await pushBlob("mount/src/hidden", as, bytesOf(SIZE, 60 + name.length));
    const { token } = await makeToken("mount", wish);
    const to = `mount/a/${name.replaceAll(" ", "-")}`;
    expect((await mount({ digest, to, by: token })).status).toBe(status);
    expect(await isLinked(to, digest)).toBe(status === 201);
  });
});

describe("mounting with an access token", () => {
  const PUSH = "repository:mount/bearer:pull,push";
  const PULL = "repository:mount/from:pull";

  it("that lacks the source's scope asks for a token with both", async () => {
    const { digest } = await pushBlob("mount/from", as, bytesOf(SIZE, 70));
    const answer = await mount({ digest, to: "mount/bearer", from: "mount/from", bearer: await accessToken(as, PUSH) });
    expect(answer.headers.get("WWW-Authenticate")).toBe(
      `Bearer realm="https://registry.test/token",service="registry.test",scope="${PUSH} ${PULL}",error="insufficient_scope"`,
    );
    expect(await errorOf(answer)).toBe("401 UNAUTHORIZED");
  });

  it("that has both scopes mounts", async () => {
    const bytes = bytesOf(SIZE, 71);
    const { digest } = await pushBlob("mount/from", as, bytes);
    const bearer = await accessToken(as, PUSH, PULL);
    expect((await mount({ digest, to: "mount/bearer", from: "mount/from", bearer })).status).toBe(201);
    expect(await isReadable("mount/bearer", as, digest)).toBe(true);
  });

  it("that asked for the source's scope in vain starts an upload", async () => {
    const { digest } = await pushBlob("mount/from", as, bytesOf(SIZE, 72));
    const { token } = await makeToken("mount", { repositories: ["bearer"] });
    const bearer = await accessToken(token, PUSH, PULL);
    expect((await mount({ digest, to: "mount/bearer", from: "mount/from", bearer })).status).toBe(202);
    expect(await isLinked("mount/bearer", digest)).toBe(false);
  });

  it("that may pull from a public source of another space mounts", async () => {
    const owner = await makeSpace("mount-bearer", true);
    const { digest } = await pushBlob("mount-bearer/web", owner, bytesOf(SIZE, 73));
    const bearer = await accessToken(as, PUSH, "repository:mount-bearer/web:pull");
    expect((await mount({ digest, to: "mount/bearer", from: "mount-bearer/web", bearer })).status).toBe(201);
  });

  it("that was given for a public source no longer mounts once it is private", async () => {
    const owner = await makeSpace("mount-closing", true);
    const { digest } = await pushBlob("mount-closing/web", owner, bytesOf(SIZE, 74));
    const bearer = await accessToken(as, PUSH, "repository:mount-closing/web:pull");
    await manage("PATCH", "spaces/mount-closing", { public: false });
    expect((await mount({ digest, to: "mount/bearer", from: "mount-closing/web", bearer })).status).toBe(202);
  });

  it("finds a source by itself wherever its credential may pull, though the token names the target alone", async () => {
    const { digest } = await pushBlob("mount/from", as, bytesOf(SIZE, 175));
    expect((await mount({ digest, to: "mount/bearer", bearer: await accessToken(as, PUSH) })).status).toBe(201);
  });

  it("finds no source by itself where its credential may not pull", async () => {
    const { digest } = await pushBlob("mount/from", as, bytesOf(SIZE, 176));
    const { token } = await makeToken("mount", { repositories: ["bearer"] });
    expect((await mount({ digest, to: "mount/bearer", bearer: await accessToken(token, PUSH, PULL) })).status).toBe(
      202,
    );
    expect(await isLinked("mount/bearer", digest)).toBe(false);
  });
});

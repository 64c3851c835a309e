import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, digestOf, pushBlob, pushImage, startSession } from "../support/content.ts";
import { ask, makeSpace } from "../support/registry.ts";
import { finish, isReadable, patch } from "../support/upload.ts";

/** Names made of the words that addresses are made of. */
const NAMES = [
  "acme/blobs",
  "acme/manifests",
  "acme/uploads",
  "acme/tags",
  "acme/list",
  "acme/referrers",
  "acme/tags/list",
  "acme/blobs/uploads",
  "acme/blobs/manifests/uploads",
  "acme/blobs/uploads/blobs/uploads",
  "acme/manifests/latest",
  "acme/referrers/tags/list/manifests",
  "acme/v2/catalog",
  "blobs/uploads",
  "blobs/blobs",
  "manifests/tags",
  "tags/list",
  "v2/v2",
  "api/v1",
  "token/token",
];

const tokens = new Map<string, string>();

beforeAll(async () => {
  for (const name of NAMES) {
    const [space = ""] = name.split("/");
    if (!tokens.has(space)) tokens.set(space, await makeSpace(space));
  }
});

function tokenFor(name: string): string {
  return tokens.get(name.split("/")[0] ?? "") ?? "";
}

describe.each(NAMES)("a repository called %s", (name) => {
  it.each(["latest", "list", "uploads"])("has an image tagged %s", async (tag) => {
    const as = tokenFor(name);
    const { text } = await pushImage(name, as, tag, tag.length);
    expect(await (await ask(`/v2/${name}/manifests/${tag}`, { as })).text()).toBe(text);
  });

  it("has its own tags", async () => {
    const as = tokenFor(name);
    await pushImage(name, as, "mine");
    const answer = await ask(`/v2/${name}/tags/list?last=latest`, { as });
    expect(await answer.json()).toMatchObject({ name, tags: expect.arrayContaining(["mine"]) });
  });

  it("has blobs, in one request and in chunks", async () => {
    const as = tokenFor(name);
    const { digest } = await pushBlob(name, as, bytesOf(10, 2));
    expect(await isReadable(name, as, digest)).toBe(true);
    const session = await startSession(name, as);
    expect(session.startsWith(`/v2/${name}/blobs/uploads/`)).toBe(true);
    expect((await patch(session, as, bytesOf(10, 3))).status).toBe(202);
    expect((await ask(session, { as })).headers.get("Range")).toBe("0-9");
    expect((await finish(session, as, await digestOf(bytesOf(10, 3)))).status).toBe(201);
    expect(await isReadable(name, as, await digestOf(bytesOf(10, 3)))).toBe(true);
  });

  it("has referrers", async () => {
    const as = tokenFor(name);
    const subject = await pushImage(name, as, "subject");
    const descriptor = { mediaType: "application/x", digest: subject.digest, size: subject.text.length };
    const { digest } = await pushImage(name, as, "referrer", 4, { subject: descriptor });
    const answer = await ask(`/v2/${name}/referrers/${subject.digest}`, { as });
    expect(await answer.json()).toMatchObject({ manifests: [{ digest }] });
  });

  it("loses what is deleted", async () => {
    const as = tokenFor(name);
    const { digest } = await pushImage(name, as, "doomed", 5);
    expect((await ask(`/v2/${name}/manifests/${digest}`, { as, method: "DELETE" })).status).toBe(202);
    const layer = await digestOf(bytesOf(100, 5));
    expect((await ask(`/v2/${name}/blobs/${layer}`, { as, method: "DELETE" })).status).toBe(202);
    expect((await ask(`/v2/${name}/manifests/doomed`, { as })).status).toBe(404);
  });
});

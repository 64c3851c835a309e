import { beforeAll, describe, expect, it } from "vitest";
import { pushImage } from "../support/content.ts";
import { ask, makeSpace, makeToken, manage } from "../support/registry.ts";

/** The runtime folds `…/tokens/..` into `…/` before the Worker sees it, so that address must not mean anything else. */

const SPACE = "slashes";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
let as: string;

beforeAll(async () => {
  as = await makeSpace(SPACE);
  await makeToken(SPACE);
  await pushImage(`${SPACE}/web`, as, "latest");
  await pushImage(`${SPACE}/web/api`, as, "latest");
});

describe("a management address that ends in a slash", () => {
  it.each([
    `spaces/${SPACE}/`,
    `spaces/${SPACE}//`,
    `spaces/${SPACE}/.`,
    `spaces/${SPACE}/tokens/`,
    `spaces/${SPACE}/tokens/.`,
    `spaces/${SPACE}/tokens/..`,
    `spaces/${SPACE}/tokens/%2e%2e`,
    `spaces/${SPACE}/tokens/%2E%2e/`,
    `spaces/${SPACE}/tokens/.%2e`,
    `spaces/${SPACE}/tokens/..\\`,
    `spaces/${SPACE}/targets/%2e%2e`,
    `spaces/${SPACE}/triggers/%2e`,
    `spaces/${SPACE}/triggers/x/%2e%2e/%2e%2e`,
    `spaces/${SPACE}/retention-rules/%2e%2e`,
    `spaces/${SPACE}/retention-rules:preview/`,
    `spaces/${SPACE}/retention:preview/`,
    `spaces/${SPACE}/tags:revert/`,
    `spaces/${SPACE}/deleted:undelete/x/..`,
    `spaces/${SPACE}/repositories/web/`,
    `spaces/${SPACE}/repositories/web//`,
    `spaces/${SPACE}/repositories/web/api/%2e%2e`,
    `spaces/${SPACE}/repositories/web/api/%2e%2e/%2e%2e`,
    `spaces/${SPACE}/repositories/web/tags/`,
    "spaces/",
    "whoami/",
    "session/",
  ])("is no address, by any method: %s", async (path) => {
    for (const method of METHODS) {
      const answer = await manage(method, path, method === "POST" || method === "PATCH" ? { public: true } : undefined);
      expect(`${method} ${answer.status}`).toBe(`${method} 404`);
    }
    expect((await manage("GET", `spaces/${SPACE}/repositories/web`)).status).toBe(200);
    expect((await manage("GET", `spaces/${SPACE}/repositories/web/api`)).status).toBe(200);
  });

  it.each([
    `spaces/${SPACE}/tokens/%2e%2e%2f`,
    `spaces/${SPACE}/tokens/..%2f..`,
    `spaces//${SPACE}`,
    `//spaces/${SPACE}`,
  ])("is not what is made of %s", async (path) => {
    expect((await manage("DELETE", path)).status).toBe(404);
    expect((await manage("GET", `spaces/${SPACE}`)).status).toBe(200);
  });
});

describe("an address of the registry's that ends in a slash", () => {
  it.each([
    `/v2/${SPACE}/web/tags/list/`,
    `/v2/${SPACE}/web/tags/list/x/..`,
    `/v2/${SPACE}/web/manifests/latest/`,
    `/v2/${SPACE}/web/manifests/latest/x/%2e%2e`,
    `/v2/${SPACE}/web/blobs/uploads//`,
    "/v2/_catalog/",
    "/v2//",
    "/token/",
    "/healthz/",
  ])("is no address, by any method: %s", async (path) => {
    for (const method of METHODS) expect(`${method} ${(await ask(path, { as, method })).status}`).toBe(`${method} 404`);
    expect((await ask(`/v2/${SPACE}/web/manifests/latest`, { as })).status).toBe(200);
  });

  it("is that of an upload, and of the API's version", async () => {
    expect((await ask(`/v2/${SPACE}/web/blobs/uploads/`, { as, method: "POST" })).status).toBe(202);
    expect((await ask(`/v2/${SPACE}/web/blobs/uploads`, { as, method: "POST" })).status).toBe(202);
    expect((await ask("/v2/", { as })).status).toBe(200);
    expect((await ask("/v2", { as })).status).toBe(200);
  });
});

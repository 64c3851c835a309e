import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/contract/operation.ts";

const TOKEN = "/api/v1/spaces/{space}/tokens/{id}";
const REPOSITORY = "/api/v1/spaces/{space}/repositories/{name}";

describe("the address of an operation", () => {
  it("has its parameters escaped, and the components of a repository's name apart", () => {
    expect(addressOf(TOKEN, { path: { space: "acme", id: "a?b#c%2e" } })).toBe(
      "/api/v1/spaces/acme/tokens/a%3Fb%23c%252e",
    );
    expect(addressOf(REPOSITORY, { path: { space: "acme", name: "web/api" }, query: { limit: 2 } })).toBe(
      "/api/v1/spaces/acme/repositories/web/api?limit=2",
    );
  });

  it.each(["..", ".", "", "../..", "a/..", "a/../b", "./a", "a//b", "a/"])("is none for what is called %j", (id) => {
    expect(addressOf(TOKEN, { path: { space: "acme", id } })).toBeNull();
    expect(addressOf(REPOSITORY, { path: { space: "acme", name: id } })).toBeNull();
    expect(addressOf(TOKEN, { path: { space: id, id: "a" } })).toBeNull();
  });

  it.each(["...", ".a", "a..b", "..a"])("is that of what is called %j", (id) => {
    const address = addressOf(TOKEN, { path: { space: "acme", id } });
    expect(new URL(address ?? "", "http://localhost").pathname).toBe(`/api/v1/spaces/acme/tokens/${id}`);
  });
});

import { describe, expect, it } from "vitest";
import { spaceIn } from "../../src/storage/databases.ts";

describe("the space that a path names", () => {
  it.each([
    ["/v2/acme/web/manifests/1.0", "acme"],
    ["/v2/acme/a/b/c/blobs/uploads/", "acme"],
    ["/api/v1/spaces/acme", "acme"],
    ["/api/v1/spaces/acme-2/tokens/tok_1", "acme-2"],
    ["/v2/", null],
    ["/v2/_catalog", null],
    ["/api/v1/spaces", null],
    ["/token", null],
    ["/spaces/acme", null],
    ["/v2/%2e%2e/web", null],
    ["/v2/ACME/web", null],
  ])("%s", (path, space) => {
    expect(spaceIn(new URL(path, "https://registry.test"))).toBe(space);
  });
});

import { describe, expect, it } from "vitest";
import { MAX_PAGE, nextLink, pageOf, parsePageRequest } from "../../src/oci/page.ts";

const parse = (query: string): unknown => parsePageRequest(new URLSearchParams(query));

describe("reading n and last", () => {
  it.each([
    ["", { limit: MAX_PAGE, last: null }],
    ["n=", { limit: MAX_PAGE, last: null }],
    ["n=&last=", { limit: MAX_PAGE, last: "" }],
    ["n=0", { limit: 0, last: null }],
    ["n=1", { limit: 1, last: null }],
    ["n=007", { limit: 7, last: null }],
    ["n=1000", { limit: 1000, last: null }],
    ["n=1001", { limit: 1000, last: null }],
    [`n=${"9".repeat(400)}`, { limit: 1000, last: null }],
    ["n=10&last=a%2Fb", { limit: 10, last: "a/b" }],
    ["last=", { limit: MAX_PAGE, last: "" }],
    ["n=1&n=x", { limit: 1, last: null }],
  ])("understands %j", (query, expected) => {
    expect(parse(query)).toEqual(expected);
  });

  it.each(["n=-1", "n=%2B1", "n=1.5", "n=1e3", "n=0x10", "n=abc", "n=%201", "n=1%0A", "n=%D9%A3", "n=1%00"])(
    "throws PAGINATION_NUMBER_INVALID for %s",
    (query) => {
      expect(() => parse(query)).toThrow(expect.objectContaining({ kind: "PAGINATION_NUMBER_INVALID" }));
    },
  );
});

describe("making a page", () => {
  it.each([
    { rows: [1, 2, 3], limit: 2, expected: { entries: [1, 2], more: true } },
    { rows: [1, 2], limit: 2, expected: { entries: [1, 2], more: false } },
    { rows: [1], limit: 2, expected: { entries: [1], more: false } },
    { rows: [], limit: 2, expected: { entries: [], more: false } },
    { rows: [1], limit: 0, expected: { entries: [], more: false } },
  ])("of $rows.length rows at $limit has $expected.entries.length entries, more: $expected.more", (given) => {
    expect(pageOf(given.rows, given.limit)).toEqual(given.expected);
  });
});

describe("linking to the next page", () => {
  it("is relative to the host, with the query escaped", () => {
    expect(nextLink("/v2/_catalog", { n: "2", last: "acme/a b&c" })).toBe(
      '</v2/_catalog?n=2&last=acme%2Fa+b%26c>; rel="next"',
    );
  });

  it("survives being read as a URL", () => {
    const target = /^<(.*)>/.exec(nextLink("/v2/_catalog", { last: 'a">;é' }))?.[1] ?? "";
    expect(new URL(target, "https://registry.test").searchParams.get("last")).toBe('a">;é');
  });
});

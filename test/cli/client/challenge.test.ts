import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../../src/cli/client/challenge.ts";

function read(header: string): readonly [string, Record<string, string>][] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe("a challenge", () => {
  it.each([
    [
      'Bearer realm="https://r.test/token",service="r.test",scope="repository:a/b:pull,push"',
      [["bearer", { realm: "https://r.test/token", service: "r.test", scope: "repository:a/b:pull,push" }]],
    ],
    [
      'Bearer realm="https://r.test/token", service=r.test',
      [["bearer", { realm: "https://r.test/token", service: "r.test" }]],
    ],
    ['BASIC Realm="a \\"quoted\\" name"', [["basic", { realm: 'a "quoted" name' }]]],
    [
      'Negotiate, Basic realm="x"',
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    ["Bearer", [["bearer", {}]]],
    ["", []],
    ['Bearer realm="unended', [["bearer", {}]]],
  ])("reads %s", (header, expected) => {
    expect(read(header)).toEqual(expected);
  });
});

import { describe, expect, it } from "vitest";
import { readResult } from "../../bench/registries/zb.ts";

const TEXT = `============
Test name:            Pull 1MB
Time taken for tests: 1m2.377235811s
Requests per second:  5.301724
Complete requests:    4
Failed requests:      1

2xx responses: 4

min: 950.5µs
max: 1m2.5s
p50: 118.649903ms
p75: 118.649903ms
p90: 2s
p99: 1m2.5s

Manifest HEAD TTFB p50: 32.47447ms
`;

describe("what zb prints", () => {
  it("is read with its units", () => {
    expect(readResult(TEXT, 4)).toEqual({
      spread: { count: 4, min: 0.9505, p50: 118.649_903, p90: 2000, p99: 62_500, max: 62_500 },
      rate: 5.301_724,
      failed: 1,
      reasons: ["zb says no more"],
    });
  });

  it("says of what kind were the answers that it counts as failed", () => {
    const { reasons } = readResult(TEXT.replace("2xx responses: 4", "4xx responses: 1\n5xx responses: 3"), 4);
    expect(reasons).toEqual(["4xx responses: 1", "5xx responses: 3"]);
  });

  it("is no result where something is missing", () => {
    expect(() => readResult(TEXT.replace("p90", "p91"), 4)).toThrow("no result");
  });
});

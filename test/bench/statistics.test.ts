import { describe, expect, it } from "vitest";
import { spreadOf } from "../../bench/registries/statistics.ts";

describe("the spread of durations", () => {
  it("has each percentile at a value that was measured", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(spreadOf(hundred)).toEqual({ count: 100, min: 1, p50: 50, p90: 90, p99: 99, max: 100 });
    expect(spreadOf([3, 1, 2])).toEqual({ count: 3, min: 1, p50: 2, p90: 3, p99: 3, max: 3 });
  });

  it("is nothing where nothing was measured", () => {
    expect(spreadOf([])).toBeNull();
  });
});

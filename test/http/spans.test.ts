import { describe, expect, it } from "vitest";
import { MAX_READS, partsOf, planSpans, type Span } from "../../src/http/spans.ts";
import type { ByteRange } from "../../src/oci/range.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Makes so many ranges of a length, each at this distance from the start of the one before. */
function every(distance: number, count: number, length = 10): readonly ByteRange[] {
  return Array.from({ length: count }, (_, index) => ({ offset: index * distance, length }));
}

function plan(ranges: readonly ByteRange[]): readonly Span[] {
  const spans = planSpans(ranges);
  if (spans === null) throw new Error("not planned");
  return spans;
}

const lengths = (spans: readonly Span[]): readonly number[] => spans.map(({ length }) => length);

describe("the plan of reads for several ranges", () => {
  it("reads near ones at once, far ones apart", () => {
    expect(plan([...every(20 * KIB, 3), { offset: 5 * MIB, length: 10 }])).toEqual([
      { offset: 0, length: 40 * KIB + 10, parts: every(20 * KIB, 3) },
      { offset: 5 * MIB, length: 10, parts: [{ offset: 5 * MIB, length: 10 }] },
    ]);
  });

  it("reads thousands of short ones that follow each other at once, however far they reach", () => {
    expect(lengths(plan(every(20 * KIB, 5000)))).toEqual([4999 * 20 * KIB + 10]);
  });

  it.each([
    ["falling", every(30, 1000).toReversed()],
    ["mixed", every(30, 1000).toSorted((one, other) => (one.offset % 97) - (other.offset % 97))],
    ["overlapping", every(30, 1000, 80)],
  ])("keeps the order of those that lie together: %s", (_, ranges) => {
    const spans = plan(ranges);
    expect(spans).toHaveLength(1);
    expect(partsOf(spans)).toEqual(ranges);
  });

  it("lets long ones pass untouched", () => {
    expect(plan(every(3 * MIB, 20, 3 * MIB - 1))).toHaveLength(20);
  });

  it("holds no more than a little where the order falls", () => {
    const spans = plan(every(MIB, 50).toReversed());
    expect(Math.max(...lengths(spans))).toBeLessThanOrEqual(MIB);
    expect(partsOf(spans)).toEqual(every(MIB, 50).toReversed());
  });

  it.each([
    ["rising", every(2 * MIB, 200)],
    ["falling", every(2 * MIB, 200).toReversed()],
  ])("reads so often at most, and has all of them in rising order then: %s", (_, ranges) => {
    const spans = plan(ranges);
    expect(spans).toHaveLength(MAX_READS);
    expect(partsOf(spans)).toEqual(every(2 * MIB, 200));
  });

  it("parts them at the widest gaps", () => {
    const near = every(2 * MIB, 70);
    const far = { offset: 900 * MIB, length: 10 };
    expect(plan([...near, far]).at(-1)).toEqual({ ...far, parts: [far] });
  });

  it("joins what overlaps where it cannot keep the order", () => {
    const ranges = [...every(2 * MIB, 200), ...every(2 * MIB, 200, 15)];
    expect(partsOf(plan(ranges))).toEqual(every(2 * MIB, 200, 15));
  });

  it("gives up where most of something huge would be skipped", () => {
    expect(planSpans(every(100 * MIB, 1000))).toBeNull();
  });
});

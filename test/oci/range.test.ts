import { describe, expect, it } from "vitest";
import { parseChunkRange, parseRange } from "../../src/oci/range.ts";

const SIZE = 1000;

/** Returns the ranges as pairs of offset and length; null and the empty list stay as they are. */
function rangesOf(header: string | null, size = SIZE): readonly (readonly [number, number])[] | null {
  return parseRange(header, size)?.map(({ offset, length }) => [offset, length] as const) ?? null;
}

function manyRanges(count: number): string {
  return `bytes=${Array.from({ length: count }, (_, index) => `${index * 10}-${index * 10}`).join(",")}`;
}

describe("a Range header", () => {
  it.each([
    ["the first byte", "bytes=0-0", [[0, 1]]],
    ["a part", "bytes=10-19", [[10, 10]]],
    ["the last byte", "bytes=999-999", [[999, 1]]],
    ["the whole", "bytes=0-999", [[0, 1000]]],
    ["what follows an offset", "bytes=990-", [[990, 10]]],
    ["all from zero on", "bytes=0-", [[0, 1000]]],
    ["a suffix", "bytes=-10", [[990, 10]]],
    ["a suffix longer than the content", "bytes=-5000", [[0, 1000]]],
    ["a suffix of huge length", `bytes=-${"9".repeat(400)}`, [[0, 1000]]],
    ["an end one past the last byte", "bytes=0-1000", [[0, 1000]]],
    ["an end far past the last byte", "bytes=500-2000", [[500, 500]]],
    ["an end of huge value", `bytes=500-${"9".repeat(400)}`, [[500, 500]]],
    ["leading zeros", "bytes=0010-0019", [[10, 10]]],
    ["an upper-case unit", "BYTES=0-0", [[0, 1]]],
    ["blanks around", "  bytes=0-0  ", [[0, 1]]],
    ["a part, with empty elements around", "bytes=,10-19, ,", [[10, 10]]],
  ])("asks for %s", (_, header, expected) => {
    expect(rangesOf(header)).toEqual(expected);
  });

  it.each([
    [
      "two parts",
      "bytes=0-9,20-29",
      [
        [0, 10],
        [20, 10],
      ],
    ],
    [
      "parts with blanks between",
      "bytes=0-9 , 20-29",
      [
        [0, 10],
        [20, 10],
      ],
    ],
    [
      "parts in falling order, as asked",
      "bytes=20-29,0-9",
      [
        [20, 10],
        [0, 10],
      ],
    ],
    [
      "a part and a suffix",
      "bytes=0-0,-1",
      [
        [0, 1],
        [999, 1],
      ],
    ],
    ["overlapping neighbours, joined", "bytes=0-9,5-19", [[0, 20]]],
    ["adjoining neighbours, joined", "bytes=0-9,10-19", [[0, 20]]],
    ["a neighbour within the one before, joined", "bytes=0-99,10-19", [[0, 100]]],
    ["the same part twice, joined", "bytes=0-9,0-9", [[0, 10]]],
    [
      "parts one byte apart, not joined",
      "bytes=0-9,11-19",
      [
        [0, 10],
        [11, 9],
      ],
    ],
    ["a part, without one past the end", "bytes=0-9,5000-", [[0, 10]]],
  ])("asks for %s", (_, header, expected) => {
    expect(rangesOf(header)).toEqual(expected);
  });

  it.each([
    ["starts at the end", "bytes=1000-"],
    ["starts past the end", "bytes=2000-5000"],
    ["ends before it starts", "bytes=500-0"],
    ["is a suffix of nothing", "bytes=-0"],
    ["starts at a huge offset", `bytes=${"9".repeat(400)}-`],
    ["has several parts past the end", "bytes=1000-,2000-3000"],
  ])("cannot be satisfied where it %s", (_, header) => {
    expect(rangesOf(header)).toEqual([]);
  });

  it.each(["bytes=0-", "bytes=0-0", "bytes=-1"])("cannot be satisfied on empty content: %s", (header) => {
    expect(rangesOf(header, 0)).toEqual([]);
  });

  it.each([
    ["missing", null],
    ["empty", ""],
    ["of another unit", "items=0-9"],
    ["without a unit", "0-9"],
    ["without a range", "bytes="],
    ["only a dash", "bytes=-"],
    ["without a dash", "bytes=5"],
    ["of letters", "bytes=a-b"],
    ["with a sign", "bytes=+1-2"],
    ["negative twice", "bytes=-1-2"],
    ["hexadecimal", "bytes=0x1-0x2"],
    ["fractional", "bytes=0.5-1"],
    ["of digits of another script", "bytes=٠-٣"],
    ["half malformed", "bytes=0-9,x"],
    ["with a blank within", "bytes=0 -9"],
    ["for more than the whole, in parts", "bytes=500-999,0-999"],
    ["for more than the whole, all but overlapping", "bytes=1-,0-"],
    ["for as much as the whole, in parts that join", "bytes=0-499,500-999"],
    ["for as much as the whole, in parts that don't", "bytes=500-999,0-499"],
    ["for the whole and what is past it", "bytes=0-,5000-"],
    ["longer than anybody needs", `bytes=${"0-0,".repeat(30_000)}2-2`],
  ])("is ignored when %s", (_, header) => {
    expect(rangesOf(header)).toBeNull();
  });

  it.each([33, 450])("may have %i parts", (count) => {
    expect(rangesOf(manyRanges(count), 5000)).toHaveLength(count);
  });

  it("counts parts after they are joined", () => {
    expect(rangesOf(`bytes=${Array.from({ length: 500 }, () => "0-9").join(",")}`)).toEqual([[0, 10]]);
  });
});

describe("a chunk's Content-Range", () => {
  it.each([
    ["0-0", 0, 0],
    ["0-99", 0, 99],
    ["100-199", 100, 199],
    ["bytes 0-99/200", 0, 99],
    ["bytes 0-99/*", 0, 99],
    ["bytes 0-99", 0, 99],
    ["0-99/200", 0, 99],
    [" 0-99 ", 0, 99],
    ["bytes=0-99", 0, 99],
    ["bytes=0-99/200", 0, 99],
    ["BYTES 0-99/200", 0, 99],
    ["Bytes=0-99", 0, 99],
    ["bytes\t 0-99/200", 0, 99],
    ["999999999999998-999999999999999", 999_999_999_999_998, 999_999_999_999_999],
  ])("is read from %j", (header, start, end) => {
    expect(parseChunkRange(header)).toEqual({ start, end });
  });

  it.each([
    "",
    "-",
    "0-",
    "-99",
    "99-0",
    "a-b",
    "0-9-9",
    "bytes==0-99",
    "bytes0-99",
    "items 0-99/200",
    "bytes */200",
    "bytes 0-99/",
    "0 - 99",
    "+0-99",
    "0-1000000000000000",
    `0-${"9".repeat(400)}`,
    "0.5-1",
    "٠-٣",
  ])("is malformed as %j", (header) => {
    expect(parseChunkRange(header)).toBeNull();
  });
});

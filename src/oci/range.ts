/** A part of some content, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** The place of a chunk: its first and last byte, both included. A chunk without bytes ends before it starts. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

/** The most characters of a header that is read. Thousands of ranges fit, and their cost stays small. */
const MAX_HEADER = 64_000;

const RANGE_SPEC = /^(\d*)-(\d*)$/;

/**
 * Reads a Range header (RFC 9110, 14.2) for content of `size` bytes. Returns the ranges in the order of the header;
 * overlapping and adjoining neighbours are joined. An empty list: no part can be satisfied (416). Null: send the whole,
 * since the header is absent or malformed, or its ranges are together as long as the whole.
 */
export function parseRange(header: string | null, size: number): readonly ByteRange[] | null {
  if (header !== null && header.length > MAX_HEADER) return null;
  const [, list = ""] = /^bytes=(.+)$/i.exec(header?.trim() ?? "") ?? [];
  // The list may have empty elements (RFC 9110, 5.6.1.2).
  const specs = list
    .split(",")
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  if (specs.length === 0) return null;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseSpec(spec, size);
    if (range === "malformed") return null;
    if (range) ranges.push(range);
  }
  const joined = joinNeighbours(ranges);
  const total = joined.reduce((sum, { length }) => sum + length, 0);
  return specs.length > 1 && ranges.length > 0 && total >= size ? null : joined;
}

function parseSpec(spec: string, size: number): ByteRange | null | "malformed" {
  const [, first = "", last = ""] = RANGE_SPEC.exec(spec) ?? [];
  if (first === "" && last === "") return "malformed";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? null : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return offset > end ? null : { offset, length: end - offset + 1 };
}

function joinNeighbours(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges) {
    const previous = joined.at(-1);
    if (previous && range.offset >= previous.offset && range.offset <= previous.offset + previous.length) {
      const end = Math.max(previous.offset + previous.length, range.offset + range.length);
      joined[joined.length - 1] = { offset: previous.offset, length: end - previous.offset };
    } else {
      joined.push(range);
    }
  }
  return joined;
}

/**
 * Reads an upload's Content-Range: `a-b` as in the spec, RFC 9110's `bytes a-b/c`, or `bytes=a-b` as in a Range header.
 * Null: it is malformed.
 */
export function parseChunkRange(header: string): ChunkRange | null {
  const match = /^(?:bytes(?:[ \t]+|=))?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/i.exec(header.trim());
  if (!match) return null;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return range.end < range.start - 1 ? null : range;
}

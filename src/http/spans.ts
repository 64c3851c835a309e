import type { ByteRange } from "../oci/range.ts";

/** Bytes of a stored object that are read at once, and the ranges to cut out of them. */
export interface Span {
  readonly offset: number;
  readonly length: number;
  /** Ranges in the order in which they are sent. */
  readonly parts: readonly ByteRange[];
}

/** The most bytes of a span that is read into memory. Its parts may be in any order. */
export const HELD_BYTES = 1024 * 1024;

/**
 * The largest gap between ranges that are read together, in bytes. To skip so few is cheaper than to ask the bucket
 * again.
 */
const NEAR_BYTES = 64 * 1024;

/** The most reads of the bucket for one answer. */
export const MAX_READS = 64;

/**
 * The most bytes that one answer may have cut in JavaScript. A span that is read alone passes untouched, however long
 * it is.
 */
const MAX_CUT_BYTES = 512 * 1024 * 1024;

/**
 * Plans the reads for some ranges: each range in its place if that takes few reads, and otherwise in rising order with
 * the nearest ones read together (RFC 9110, 15.3.7.2, asks for the client's order only as a rule). Null: that costs
 * more than to send the whole.
 */
export function planSpans(ranges: readonly ByteRange[]): readonly Span[] | null {
  const asAsked = spansOf(groupNear(ranges));
  if (asAsked.length <= MAX_READS) return asAsked;
  const rising = spansOf(groupNearest(inRisingOrder(ranges)));
  const cut = rising.reduce((sum, { length, parts }) => sum + (parts.length > 1 ? length : 0), 0);
  return cut <= MAX_CUT_BYTES ? rising : null;
}

/** Returns the ranges of a multipart answer, in its order. */
export function partsOf(spans: readonly Span[]): readonly ByteRange[] {
  return spans.flatMap(({ parts }) => parts);
}

const endOf = ({ offset, length }: ByteRange): number => offset + length;

function spanOf(parts: readonly ByteRange[]): Span {
  const [offset, end] = parts.reduce(
    ([from, to], part) => [Math.min(from, part.offset), Math.max(to, endOf(part))],
    [Number.POSITIVE_INFINITY, 0],
  );
  return { offset, length: end - offset, parts };
}

function spansOf(groups: readonly (readonly ByteRange[])[]): readonly Span[] {
  return groups.map(spanOf);
}

/** Groups ranges in their order, if they lie together, or follow each other closely and are short. */
function groupNear(ranges: readonly ByteRange[]): readonly (readonly ByteRange[])[] {
  const groups: { parts: ByteRange[]; offset: number; end: number; rises: boolean }[] = [];
  for (const range of ranges) {
    const group = groups.at(-1);
    const rises = group?.rises === true && range.offset >= group.end;
    const offset = Math.min(group?.offset ?? range.offset, range.offset);
    const end = Math.max(group?.end ?? 0, endOf(range));
    const follows = rises && range.offset - group.end <= NEAR_BYTES && range.length <= HELD_BYTES;
    if (group !== undefined && (end - offset <= HELD_BYTES || follows)) {
      group.parts.push(range);
      Object.assign(group, { offset, end, rises });
    } else {
      groups.push({ parts: [range], offset: range.offset, end: endOf(range), rises: true });
    }
  }
  return groups.map(({ parts }) => parts);
}

function inRisingOrder(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges.toSorted((one, other) => one.offset - other.offset)) {
    const previous = joined.at(-1);
    if (previous !== undefined && range.offset <= endOf(previous)) {
      const length = Math.max(endOf(previous), endOf(range)) - previous.offset;
      joined[joined.length - 1] = { offset: previous.offset, length };
    } else {
      joined.push(range);
    }
  }
  return joined;
}

/** Groups rising ranges into {@link MAX_READS} groups at most, parted at the widest gaps. */
function groupNearest(ranges: readonly ByteRange[]): readonly (readonly ByteRange[])[] {
  const gaps = ranges.slice(1).map((range, index) => {
    const previous = ranges[index];
    return { before: index + 1, width: range.offset - (previous === undefined ? 0 : endOf(previous)) };
  });
  const widest = gaps.toSorted((one, other) => other.width - one.width).slice(0, MAX_READS - 1);
  const starts = [0, ...widest.map(({ before }) => before).toSorted((one, other) => one - other)];
  return starts.map((start, index) => ranges.slice(start, starts[index + 1]));
}

/** How long an operation takes where nothing but the stated delays takes time: the same on every machine. */
import type { Stage } from "./session.ts";
import type { TracedCall, TracedRequest } from "./wrapper/trace.ts";

/**
 * Milliseconds of delays that one request waited for: the longest chain of calls of which each began when the one before had its
 * delay behind it. A chain is never longer than the request took. What went on after the answer does not count.
 */
export function delayOf({ answered, calls }: TracedRequest): number {
  const before = calls.filter(({ ended }) => answered === null || ended <= answered);
  const longest = new Map<TracedCall, number>();
  for (const call of before.toSorted((a, b) => a.ended - b.ended)) {
    const earlier = [...longest].filter(([{ ended }]) => ended <= call.began).map(([, ms]) => ms);
    longest.set(call, call.delay + Math.max(0, ...earlier));
  }
  return Math.max(0, ...longest.values());
}

/** @param delays of each request by its name, the client's round trip included. */
export function expectedMs(stages: readonly Stage[], delays: ReadonlyMap<string, number>): number {
  const delayOfTask = (names: readonly string[]): number => sum(names.map((name) => delays.get(name) ?? Number.NaN));
  const ofPool = ({ lanes, tasks }: Stage[number]): number => makespan(lanes, tasks.map(delayOfTask));
  return sum(stages.map((pools) => Math.max(...pools.map(ofPool))));
}

/** When the last of some tasks ends, if each begins as soon as one of the lanes is free. */
export function makespan(lanes: number, tasks: readonly number[]): number {
  const ends = Array.from({ length: lanes }, () => 0);
  for (const ms of tasks) {
    const earliest = Math.min(...ends);
    ends[ends.indexOf(earliest)] = earliest + ms;
  }
  return Math.max(...ends);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

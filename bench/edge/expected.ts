/** The time that an operation takes if nothing but the delays takes time. It is the same on every machine. */
import type { Stage } from "./session.ts";
import type { TracedCall, TracedRequest } from "./wrapper/trace.ts";

/**
 * Returns the milliseconds of delay that one request waited for: the longest chain of calls, each of which began after
 * the delay of the one before. A chain never takes longer than the request. Calls after the answer do not count.
 * @param others all requests. One that looks into the cache and soon looks again may wait, in between, for the work
 * that another does after its answer.
 */
export function delayOf({ answered, calls }: TracedRequest, others: readonly TracedRequest[]): number {
  const before = calls.filter(({ ended }) => answered === null || ended <= answered);
  const late = others.flatMap((other) => other.calls.filter(({ began }) => began >= (other.answered ?? Infinity)));
  const longest = new Map<TracedCall, number>();
  for (const call of before.toSorted((a, b) => a.ended - b.ended)) {
    const earlier = [...longest]
      .filter(([{ ended }]) => ended <= call.began)
      .map(([one, ms]) => ms + waitBetween(one, call, late));
    longest.set(call, call.delay + Math.max(0, ...earlier));
  }
  return Math.max(0, ...longest.values());
}

const LOOK = "cache match";

/** Returns the time between two looks into the cache during which any of the other calls was delayed. */
function waitBetween(one: TracedCall, next: TracedCall, others: readonly TracedCall[]): number {
  if (one.name !== LOOK || next.name !== LOOK) return 0;
  let [ms, until] = [0, one.ended];
  for (const { began, ended } of others.toSorted((a, b) => a.began - b.began)) {
    const [from, to] = [Math.max(began, until), Math.min(ended, next.began)];
    if (from >= to) continue;
    ms += to - from;
    until = to;
  }
  return ms;
}

/**
 * Returns the expected time of some stages.
 * @param delays each request's delay by its name, the client's round trip included
 */
export function expectedMs(stages: readonly Stage[], delays: ReadonlyMap<string, number>): number {
  const delayOfTask = (names: readonly string[]): number => sum(names.map((name) => delays.get(name) ?? Number.NaN));
  const ofPool = ({ lanes, tasks }: Stage[number]): number => makespan(lanes, tasks.map(delayOfTask));
  return sum(stages.map((pools) => Math.max(...pools.map(ofPool))));
}

/** Returns the time at which the last of some tasks ends, if each begins as soon as a lane is free. */
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

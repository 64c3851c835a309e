import { describe, expect, it } from "vitest";
import { delayOf, expectedMs, makespan } from "../../bench/edge/expected.ts";
import type { TracedCall } from "../../bench/edge/wrapper/trace.ts";

/** Makes a call whose delay began and ended at these times. */
function call(began: number, ended: number, name = "R2 get"): TracedCall {
  return { kind: "r2", name, delay: ended - began, began, ended };
}

const look = (began: number): TracedCall => call(began, began + 3, "cache match");

const delayOfCalls = (answered: number | null, ...calls: readonly TracedCall[]): number =>
  delayOf({ request: "1", answered, calls }, []);

describe("the delays that a request waited for", () => {
  it("add up where calls follow each other, and count once where they go beside each other", () => {
    expect(delayOfCalls(200, call(0, 40), call(45, 105), call(50, 60))).toBe(100);
  });

  it("are those of the longest chain, although a single call is longer than each of its links", () => {
    expect(delayOfCalls(200, call(0, 60), call(0, 40), call(41, 81))).toBe(80);
  });

  it("do not count after the answer", () => {
    expect(delayOfCalls(50, call(0, 40), call(45, 105))).toBe(40);
    expect(delayOfCalls(null, call(0, 40), call(45, 105))).toBe(100);
  });

  it("are those of what another does after its answer, between two looks into the cache", () => {
    const filling = { request: "2", answered: 10, calls: [call(0, 9), call(10, 50), call(52, 55, "cache put")] };
    const waiting = { request: "1", answered: 70, calls: [look(30), look(60)] };
    expect(delayOf(waiting, [filling, waiting])).toBe(3 + (50 - 33) + 3 + 3);
    expect(delayOf({ ...waiting, calls: [look(30), call(60, 63)] }, [filling])).toBe(6);
    expect(delayOf(waiting, [{ ...filling, answered: 60 }])).toBe(6);
  });

  it("are none where no call was made", () => {
    expect(delayOfCalls(10)).toBe(0);
  });
});

describe("the time of an operation", () => {
  it("is that of tasks of which each begins as soon as a lane is free", () => {
    expect(makespan(3, [10, 20, 30, 10, 10])).toBe(30);
    expect(makespan(1, [10, 20, 30])).toBe(60);
    expect(makespan(5, [])).toBe(0);
  });

  it("adds stages, and takes the longest of the pools that run beside each other", () => {
    const delays = new Map([
      ["1", 20],
      ["2", 80],
      ["3", 40],
      ["4", 40],
    ]);
    const first = [{ lanes: 1, tasks: [["1"]] }];
    const second = [
      { lanes: 1, tasks: [["2"]] },
      { lanes: 2, tasks: [["3", "1"], ["4"]] },
    ];
    expect(expectedMs([first, second], delays)).toBe(100);
  });
});

import { vi } from "vitest";

/** Milliseconds. */
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** The time for the Worker, its Durable Objects and the model. It stands still until it is moved. */
export interface MovedClock {
  /** Milliseconds since the epoch. */
  now(): number;
  advance(time: number): void;
  /** Returns the time that this clock showed when the machine's own clock showed `real`. */
  shownAt(real: number): number;
  stop(): void;
}

export function startClock(): MovedClock {
  const start = vi.getRealSystemTime();
  let now = start;
  const moves = [{ real: start, shown: start }];
  vi.useFakeTimers({ now, toFake: ["Date"] });
  return {
    now: () => now,
    advance(time) {
      now += time;
      moves.push({ real: vi.getRealSystemTime(), shown: now });
      vi.setSystemTime(now);
    },
    shownAt: (real) => moves.findLast((move) => move.real <= real)?.shown ?? start,
    stop: () => void vi.useRealTimers(),
  };
}

/** Returns a bucket whose objects were uploaded by the moved clock; the simulator knows only the machine's. */
export function bucketInTime(bucket: R2Bucket, clock: MovedClock): R2Bucket {
  const inTime = (object: R2Object): R2Object =>
    new Proxy(object, {
      get: (target, property) =>
        property === "uploaded" ? new Date(clock.shownAt(target.uploaded.getTime())) : Reflect.get(target, property),
    });
  return new Proxy(bucket, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (property === "list") {
        return async (options?: R2ListOptions): Promise<R2Objects> => {
          const page = await target.list(options);
          return { ...page, objects: page.objects.map(inTime) };
        };
      }
      return typeof value === "function"
        ? (...args: readonly unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
}

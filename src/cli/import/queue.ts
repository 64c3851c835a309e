/** Runs a task when its turn comes. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

/** So many tasks at a time. After one has failed none is begun any more: those that wait fail as it did. */
export function makeQueue(width: number): Queue {
  const waiting: (() => void)[] = [];
  let running = 0;
  let failure: { readonly reason: unknown } | null = null;
  return async (task) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      if (failure !== null) throw failure.reason;
      return await task();
    } catch (reason) {
      failure ??= { reason };
      throw reason;
    } finally {
      // The place goes to the next in line, or is free.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** What all of them give, once each has come to its end; throws the first failure only then, so nothing is left running. */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** The promise made for a key earlier, or a new one; one that fails is forgotten. */
export function once<K, T>(made: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = made.get(key);
  if (known !== undefined) return known;
  const promise = make();
  made.set(key, promise);
  promise.catch(() => made.delete(key));
  return promise;
}

/** Runs a task when its turn comes. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * Makes a queue that runs `width` tasks at a time. After one has failed no more begin: those that wait fail with the
 * same error.
 */
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
      // Passes the place to the next in line, or frees it.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/**
 * Waits until all promises have settled, so that nothing is left running. Returns their results, or throws the first
 * failure.
 */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Returns the promise that was made for a key earlier, or a new one. Forgets a promise that fails. */
export function once<K, T>(made: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const known = made.get(key);
  if (known !== undefined) return known;
  const promise = make();
  made.set(key, promise);
  promise.catch(() => made.delete(key));
  return promise;
}

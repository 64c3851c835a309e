/** An object that this isolate is putting into the cache. */

interface Filling {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly ended: Promise<void>;
}

const fillings = new Map<string, Filling>();

/**
 * Milliseconds after which a filling counts as cut off. The platform ends work that goes on for longer after an answer,
 * without a notice.
 */
const LIFETIME = 60_000;

/** Milliseconds for which a request waits for another's filling. A slow client may hold that up. */
const PATIENCE = 250;

export function isFilling(key: string): boolean {
  return Date.now() - (fillings.get(key)?.since ?? Number.NEGATIVE_INFINITY) < LIFETIME;
}

/**
 * Tells other requests that an object is being put into the cache, so that they need not fetch it again. Returns a
 * function that ends this.
 */
export function beginFilling(key: string): () => void {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const filling = { since: Date.now(), ended };
  fillings.set(key, filling);
  return () => {
    if (fillings.get(key) === filling) fillings.delete(key);
    resolve();
  };
}

/** Resolves once the object has been put into the cache, or has taken too long. */
export async function filled(key: string): Promise<void> {
  await Promise.race([fillings.get(key)?.ended, scheduler.wait(PATIENCE)]);
}

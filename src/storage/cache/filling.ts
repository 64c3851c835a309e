/** Which objects this isolate is putting into the cache. */

interface Filling {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly ended: Promise<void>;
}

const fillings = new Map<string, Filling>();

/** Milliseconds after which a filling counts as cut off: the platform ends what goes on for longer after an answer, and says nothing. */
const LIFETIME = 60_000;

/** Milliseconds that one request waits for what another fills: that one may be held up by a client that is slow to read. */
const PATIENCE = 250;

export function isFilling(key: string): boolean {
  return Date.now() - (fillings.get(key)?.since ?? Number.NEGATIVE_INFINITY) < LIFETIME;
}

/** Others know from now on, until the returned function is called, that it need not be fetched once more. */
export function beginFilling(key: string): () => void {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const filling = { since: Date.now(), ended };
  fillings.set(key, filling);
  return () => {
    if (fillings.get(key) === filling) fillings.delete(key);
    resolve();
  };
}

/** Resolves when the object has been filled, or has not for too long. */
export async function filled(key: string): Promise<void> {
  await Promise.race([fillings.get(key)?.ended, scheduler.wait(PATIENCE)]);
}

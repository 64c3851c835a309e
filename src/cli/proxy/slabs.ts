const SLAB_BYTES = 1024 * 1024;

interface Waiting {
  readonly count: number;
  readonly resolve: (slabs: Buffer[]) => void;
}

/**
 * The memory that all uploads together may hold bytes in: slabs that are used again and again, so that neither the
 * number of uploads nor their size makes it grow, nor what the collector of garbage has not got to yet.
 */
export class SlabPool {
  readonly #free: Buffer[] = [];
  readonly #waiting: Waiting[] = [];
  /** Slabs that may still be made: none is before it is needed. */
  #unmade: number;
  readonly #spare: number;

  /**
   * @param bytes what it may hold, rounded down to whole slabs.
   * @param spare what growing chunks leave to an upload that begins.
   */
  constructor(bytes: number, spare: number) {
    this.#unmade = Math.floor(bytes / SLAB_BYTES);
    this.#spare = SlabPool.slabsFor(spare);
  }

  static slabsFor(bytes: number): number {
    return Math.ceil(bytes / SLAB_BYTES);
  }

  /** So many slabs at once, in the order of asking. Nobody who waits holds a part, so they cannot block each other. */
  acquire(count: number, signal: AbortSignal): Promise<Buffer[]> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiting.length === 0 && this.#available >= count) return Promise.resolve(this.#take(count));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
        this.#serve();
      };
      const waiting: Waiting = {
        count,
        resolve: (slabs) => {
          signal.removeEventListener("abort", giveUp);
          resolve(slabs);
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** One more slab, if there is one that nobody waits for. */
  tryAcquire(): Buffer | null {
    if (this.#waiting.length > 0 || this.#available <= this.#spare) return null;
    return this.#take(1)[0] ?? null;
  }

  release(slabs: readonly Buffer[]): void {
    this.#free.push(...slabs);
    this.#serve();
  }

  get #available(): number {
    return this.#free.length + this.#unmade;
  }

  #take(count: number): Buffer[] {
    const slabs: Buffer[] = [];
    for (let index = 0; index < count; index++) {
      const slab = this.#free.pop();
      if (slab === undefined) this.#unmade -= 1;
      slabs.push(slab ?? Buffer.allocUnsafeSlow(SLAB_BYTES));
    }
    return slabs;
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#available >= next.count; next = this.#waiting[0]) {
      this.#waiting.shift();
      next.resolve(this.#take(next.count));
    }
  }
}

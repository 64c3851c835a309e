const SLAB_BYTES = 1024 * 1024;

interface Waiting {
  readonly count: number;
  readonly resolve: (slabs: Buffer[]) => void;
}

/**
 * The memory that all uploads together may use for bytes. Slabs are reused, so memory grows neither with the number and
 * size of uploads nor with uncollected garbage.
 */
export class SlabPool {
  readonly #free: Buffer[] = [];
  readonly #waiting: Waiting[] = [];
  /** The number of slabs that may still be made. A slab is made only when it is needed. */
  #unmade: number;
  readonly #spare: number;

  /**
   * @param bytes the size of the memory, rounded down to whole slabs
   * @param spare the part that growing chunks leave to a new upload
   */
  constructor(bytes: number, spare: number) {
    this.#unmade = Math.floor(bytes / SLAB_BYTES);
    this.#spare = SlabPool.slabsFor(spare);
  }

  static slabsFor(bytes: number): number {
    return Math.ceil(bytes / SLAB_BYTES);
  }

  /**
   * Takes a number of slabs at once, in the order of the calls. A caller that waits holds none, so callers cannot block
   * each other.
   */
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

  /** Takes one more slab if there is one that nobody waits for; null otherwise. */
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

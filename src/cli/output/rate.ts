/** Milliseconds over which a rate is measured: long enough to be steady, short enough to be current. */
const WINDOW = 5000;

/** Measures how fast a count has grown lately. */
export class Rate {
  #samples: { readonly at: number; readonly count: number }[] = [];

  /** Notes the current count. A count that goes back, because bytes were lost on the way, restarts the measurement. */
  note(count: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && count < last.count) this.#samples = [];
    this.#samples.push({ at: now, count });
    while ((this.#samples[1]?.at ?? now) < now - WINDOW) this.#samples.shift();
  }

  /** Returns the growth per second; null as long as it is unknown. */
  perSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 500) return null;
    return (last.count - first.count) / ((last.at - first.at) / 1000);
  }
}

/** Milliseconds that a rate is taken over: long enough to be steady, short enough to be of now. */
const WINDOW = 5000;

/** How fast a count grows, from what was seen of it lately. */
export class Rate {
  #samples: { readonly at: number; readonly count: number }[] = [];

  /** Notes how far it is. A count that goes back, because bytes were lost on the way, starts the measure again. */
  note(count: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && count < last.count) this.#samples = [];
    this.#samples.push({ at: now, count });
    while ((this.#samples[1]?.at ?? now) < now - WINDOW) this.#samples.shift();
  }

  /** A second; null while nothing can be said. */
  perSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 500) return null;
    return (last.count - first.count) / ((last.at - first.at) / 1000);
  }
}

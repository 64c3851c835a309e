import { plural } from "../../src/cli/output/words.ts";
import { formatBytes } from "../../src/oci/size.ts";
import type { Index, StoredObject } from "./files.ts";

/** Objects that are copied at the same time. */
const AT_ONCE = 4;

/** The outcome for an object: it was there already, it was copied, or the reason why it could not be. */
export type Outcome = "there" | "copied" | { readonly problem: string };

export interface Tally {
  readonly there: number;
  readonly copied: number;
  /** A line for each object that could not be copied. */
  readonly problems: readonly string[];
}

/** Handles all objects, a few at a time. The failure of one does not keep the others from being copied. */
export async function eachObject(
  objects: AsyncIterable<StoredObject>,
  { count, bytes }: Pick<Index, "count" | "bytes">,
  copy: (object: StoredObject) => Promise<Outcome>,
): Promise<Tally> {
  const progress = progressOf(count, bytes);
  const tally = { there: 0, copied: 0 };
  const problems: string[] = [];
  const queue = objects[Symbol.asyncIterator]();
  const work = async (): Promise<void> => {
    for (let next = await queue.next(); next.done !== true; next = await queue.next()) {
      const object = next.value;
      const outcome = await insistently(() => copy(object));
      if (typeof outcome === "string") tally[outcome] += 1;
      else problems.push(`${object.digest} (${object.key}): ${outcome.problem}`);
      progress(object.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { ...tally, problems };
}

/** The number of tries for an object: a connection may break, and there may be a million objects. */
const TRIES = 3;

async function insistently(action: () => Promise<Outcome>): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === TRIES) return { problem: String(error) };
    }
  }
}

/** Milliseconds between two lines of progress. */
const INTERVAL = 5000;

/** Returns a function that prints the progress now and then; it is called with each object's size. */
function progressOf(count: number, bytes: number): (size: number) => void {
  const done = { count: 0, bytes: 0 };
  let shownAt = Date.now();
  return (size) => {
    done.count += 1;
    done.bytes += size;
    if (Date.now() - shownAt < INTERVAL) return;
    shownAt = Date.now();
    console.log(`  ${done.count} of ${plural(count, "object")}, ${formatBytes(done.bytes)} of ${formatBytes(bytes)}`);
  };
}

import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { Delays } from "./wrapper/trace.ts";

/** Milliseconds that are added to each call, by kind, and to each request of the client. */
export interface EdgeDelays extends Delays {
  readonly client: number;
}

/** Assumptions, not measurements: the client is near a data centre; the bucket and the database are some way off. */
const DELAYS: EdgeDelays = {
  client: 20,
  cache: 3,
  r2: 40,
  d1Primary: 60,
  d1Replica: 10,
  durableObject: 20,
  queue: 15,
  kv: 10,
};

const ms = z.number().nonnegative().max(10_000);
const delaysSchema = z.strictObject({
  client: ms.default(DELAYS.client),
  cache: ms.default(DELAYS.cache),
  r2: ms.default(DELAYS.r2),
  d1Primary: ms.default(DELAYS.d1Primary),
  d1Replica: ms.default(DELAYS.d1Replica),
  durableObject: ms.default(DELAYS.durableObject),
  queue: ms.default(DELAYS.queue),
  kv: ms.default(DELAYS.kv),
});

/** Returns the usual delays, overridden by those of a file. Throws if the file has others, or cannot be read. */
export async function readDelays(file: string | null): Promise<EdgeDelays> {
  return delaysSchema.parse(file === null ? {} : JSON.parse(await readFile(file, "utf8")));
}

import * as z from "zod";
import { rows } from "../rows.ts";

/** The means to make a change's events known beyond the outbox. */
export interface Announcing {
  /** The host and port that the pusher used. */
  readonly registry: string;
  /** Called with the ids of the events once they are written. */
  readonly announce: (eventIds: readonly string[]) => void;
}

const idRow = z.object({ id: z.string() });

/** Announces the events whose ids are in the results. */
export function announcing(announce: Announcing["announce"]): (...results: readonly (D1Result | undefined)[]) => void {
  return (...results) => {
    const ids = results.flatMap((result) => rows(idRow, result)).map(({ id }) => id);
    if (ids.length > 0) announce(ids);
  };
}

/** A database that notes what each statement cost, as D1 counts and bills it. */
import * as z from "zod";
import { intercepted, planOf } from "./bindings/intercept.ts";
import { BINDING_PLANS } from "./bindings/plans.ts";

interface Meter {
  queries: number;
  rowsRead: number;
  rowsWritten: number;
  /** Milliseconds in the database. */
  ms: number;
}

export interface Metered {
  readonly db: D1Database;
  /** Returns what was spent since the last call. */
  readonly spent: () => Meter;
}

const nothing = (): Meter => ({ queries: 0, rowsRead: 0, rowsWritten: 0, ms: 0 });

const resultSchema = z.object({
  meta: z.object({ rows_read: z.number(), rows_written: z.number(), duration: z.number() }),
});

/** The methods whose results tell their cost. */
const TELLING = new Set(["all", "run", "batch"]);

export function metered(db: D1Database): Metered {
  let meter = nothing();
  const note = (result: unknown): void => {
    const { meta } = resultSchema.parse(result);
    meter.queries += 1;
    meter.rowsRead += meta.rows_read;
    meter.rowsWritten += meta.rows_written;
    meter.ms += meta.duration;
  };
  return {
    db: intercepted(db, BINDING_PLANS.d1(planOf), async ({ method }, proceed) => {
      const result = await proceed();
      if (TELLING.has(method)) for (const one of Array.isArray(result) ? result : [result]) note(one);
      return result;
    }),
    spent: () => {
      const sum = meter;
      meter = nothing();
      return sum;
    },
  };
}

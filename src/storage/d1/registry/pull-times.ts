import type { PullTimes } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";

/** Milliseconds after a noted pull before the next one is noted: writes cost more than reads. */
const NOTED_EVERY = 86_400_000;

/** Returns a condition, behind the gate: a pull of this row of `tags`, `manifests` or `repositories` is to be noted. */
export const pullIsDue = (row: string): string => `(COALESCE(${row}.pulled_at, 0) <= :now - ${NOTED_EVERY})`;

// Each statement checks again what the reader saw, so that of many first pulls at once only one writes.
const NOTE_MANIFEST = `
  UPDATE manifests SET pulled_at = :now WHERE repository_id = ${REPOSITORY} AND digest = :digest AND ${pullIsDue("manifests")}`;
const NOTE_TAG = `
  UPDATE tags SET pulled_at = :now WHERE repository_id = ${REPOSITORY} AND name = :tag AND ${pullIsDue("tags")}`;
const NOTE_REPOSITORY = `
  UPDATE repositories SET pulled_at = :now WHERE id = ${REPOSITORY} AND ${pullIsDue("repositories")}`;

/** Notes pulls, in D1. @param later runs work that the answer need not wait for */
export function d1PullTimes(db: D1Database, later: (work: Promise<unknown>) => void): PullTimes {
  return {
    note(grant, { digest, tag }) {
      const statements = {
        manifest: { sql: NOTE_MANIFEST, values: { digest } },
        repository: { sql: NOTE_REPOSITORY },
        tag: tag === null ? undefined : { sql: NOTE_TAG, values: { tag } },
      };
      later(runGated(db, grant, statements));
    },
  };
}

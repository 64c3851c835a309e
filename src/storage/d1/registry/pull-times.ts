import type { PullTimes } from "../../../registry/stores.ts";
import { type GatedStatement, REPOSITORY, runGated } from "../gate.ts";

/** Milliseconds. A pull is noted when the last one noted is as old as this: writes cost more than reads. */
const NOTED_EVERY = 86_400_000;

/** In a statement behind the gate: whether a pull of this row of `tags`, `manifests` or `repositories` is to be noted. */
export const pullIsDue = (row: string): string => `(COALESCE(${row}.pulled_at, 0) <= ?6 - ${NOTED_EVERY})`;

// Each asks again what the reader saw: of many first pulls at once, one writes.
const NOTE_MANIFEST = `
  UPDATE manifests SET pulled_at = ?6 WHERE repository_id = ${REPOSITORY} AND digest = ?8 AND ${pullIsDue("manifests")}`;
const NOTE_TAG = `
  UPDATE tags SET pulled_at = ?6 WHERE repository_id = ${REPOSITORY} AND name = ?8 AND ${pullIsDue("tags")}`;
const NOTE_REPOSITORY: GatedStatement = {
  sql: `UPDATE repositories SET pulled_at = ?6 WHERE id = ${REPOSITORY} AND ${pullIsDue("repositories")}`,
};

/** @param later runs what the answer need not wait for. */
export function d1PullTimes(db: D1Database, later: (work: Promise<unknown>) => void): PullTimes {
  return {
    note(grant, { digest, tag }) {
      const always: readonly GatedStatement[] = [{ sql: NOTE_MANIFEST, values: [digest] }, NOTE_REPOSITORY];
      later(runGated(db, grant, tag === null ? always : [...always, { sql: NOTE_TAG, values: [tag] }]));
    },
  };
}

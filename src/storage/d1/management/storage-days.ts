import * as z from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { StorageDay, StorageHistory } from "../../../management/storage-report.ts";
import type { StorageDayStore } from "../../../upkeep/stores.ts";
import { rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { run } from "../statement.ts";

/**
 * Notes the storage of every space, unless that was done on the `:day`. A space that is made later in the
 * day has its first figures the day after.
 */
const NOTE = `
  INSERT INTO storage_days (space_id, day, bytes, repositories)
  SELECT id, :day, bytes, repositories FROM spaces
  WHERE name > '' AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM storage_days d WHERE d.day = :day)
  ON CONFLICT DO NOTHING`;

const LIST = `
  SELECT day, bytes, repositories FROM storage_days WHERE space_id = ${SPACE} AND day < :before ORDER BY day DESC LIMIT :limit`;

/** Sorts after every day. */
const LAST_DAY = "~";

const dayRow = z.object({ day: z.iso.date(), bytes: z.int(), repositories: z.int() });

/** Stores the figures of spaces, day by day. */
export function d1StorageDays(db: D1Database): StorageHistory & StorageDayStore {
  return {
    async note(day) {
      await run(db, NOTE, { day });
    },

    async days(grant, { limit, last }) {
      const values = { before: last ?? LAST_DAY, limit: limit + 1 };
      const { days } = await runInSpace(db, grant, { days: { sql: LIST, values } });
      return pageOf<StorageDay>(rows(dayRow, days), limit);
    },
  };
}

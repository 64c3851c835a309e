import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { StorageDay, StorageHistory } from "../../../management/storage-report.ts";
import type { StorageDayStore } from "../../../upkeep/stores.ts";
import { listWithin } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

/** Of every space, unless it was done that day. A space that is made later in the day has its first figures the day after. */
const NOTE = `
  INSERT INTO storage_days (space_id, day, bytes, repositories)
  SELECT id, ?1, bytes, repositories FROM spaces
  WHERE name > '' AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM storage_days d WHERE d.day = ?1)
  ON CONFLICT DO NOTHING`;

const LIST = `
  SELECT day, bytes, repositories FROM storage_days WHERE space_id = ${LIVE_SPACE} AND day < ?2 ORDER BY day DESC LIMIT ?3`;

/** After every day there can be. */
const LAST_DAY = "~";

const dayRow = z.object({ day: z.iso.date(), bytes: z.int(), repositories: z.int() });

/** What spaces stored, day by day. */
export function d1StorageDays(db: D1Database): StorageHistory & StorageDayStore {
  return {
    async note(day) {
      await db.prepare(NOTE).bind(day).run();
    },

    async days({ space }, { limit, last }) {
      const days: readonly StorageDay[] | null = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? LAST_DAY, limit + 1),
        dayRow,
      );
      return days && pageOf(days, limit);
    },
  };
}

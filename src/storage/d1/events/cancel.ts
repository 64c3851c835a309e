import { LIVE_SPACE } from "../management/spaces.ts";

/** Of pending ones, an attempt may be on its way: should it arrive, the delivery says so. */
const CANCEL = (which: string): string => `
  UPDATE deliveries SET status = 'canceled', canceled_by = ?3,
    reason = ?4 || ' by ' || COALESCE((SELECT name FROM tokens WHERE id = ?3), ?3), finished_at = ?5, replayed_at = NULL, redelivered_at = NULL
  WHERE space_id = ${LIVE_SPACE} AND ${which}`;

/** ?1 space, ?2 delivery, ?3 who, ?4 what was done, ?5 now. */
export const CANCEL_ONE = CANCEL("id = ?2 AND status IN ('pending', 'running')");

/** As above, with a trigger or target in ?2: what has not been begun for it. */
export const CANCEL_PENDING_OF = {
  trigger: CANCEL("status = 'pending' AND trigger_id = ?2"),
  target: CANCEL("status = 'pending' AND target_id = ?2"),
} as const;

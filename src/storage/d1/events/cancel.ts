import { SPACE } from "../space-gate.ts";

/** Cancels deliveries. An attempt of a pending one may be on its way: if it arrives, the delivery says so. */
const cancel = (deliveries: string): string => `
  UPDATE deliveries SET status = 'canceled', canceled_by = :by,
    reason = :deed || ' by ' || COALESCE((SELECT name FROM tokens WHERE id = :by), :by), finished_at = :now, replayed_at = NULL, redelivered_at = NULL
  WHERE space_id = ${SPACE} AND ${deliveries}`;

/** Cancels a delivery that has not ended. */
export const CANCEL_ONE = cancel("id = :id AND status IN ('pending', 'running')");

/** Cancels the pending deliveries of a trigger or target that have not begun. */
export const CANCEL_PENDING_OF = {
  trigger: cancel("status = 'pending' AND trigger_id = :id"),
  target: cancel("status = 'pending' AND target_id = :id"),
} as const;

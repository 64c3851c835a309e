/** Milliseconds for which upkeep keeps things by default. */
import { DAY } from "../support/clock.ts";

/** For content that nothing needs. */
export const GRACE = DAY;
/** For deleted content. */
export const KEEP_DELETED = 7 * DAY;

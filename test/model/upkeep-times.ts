/** What upkeep keeps, and for how long, by default. In milliseconds. */
import { DAY } from "../support/clock.ts";

/** What nothing needs. */
export const GRACE = DAY;
/** What was deleted. */
export const KEEP_DELETED = 7 * DAY;

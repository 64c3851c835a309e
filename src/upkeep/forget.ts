/**
 * Forgets what was told long ago: deliveries that ended, with their attempts, events and activity; then the rows of what was deleted, to
 * which those referred; and digests that targets were given before what counts as deployed. It runs in steps that are bounded and may each be
 * repeated or cut off: the statement that deletes decides what is kept, so a delivery that is redelivered meanwhile stays.
 */
import { inTurn } from "./in-turn.ts";
import type { Bounds, ForgettingStore, WalkStore } from "./stores.ts";

interface ForgetStores {
  readonly walks: WalkStore;
  readonly forgetting: ForgettingStore;
}

/** Rows read in one run: there may be 144,000 of each kind in a day. */
const STEP = 500;

/** Makes one run. @param keep milliseconds that rows are kept; null: for ever. */
export async function forget(
  { walks, forgetting }: ForgetStores,
  keep: number | null,
  now: number,
  limit = STEP,
): Promise<void> {
  // First, since a delivery is kept as long as what it put in place counts.
  const forgetDeployed = () => walk(walks, "deployed before", (from) => forgetting.forgetDeployed(from, limit));
  if (keep === null) return forgetDeployed();
  const bounds: Bounds = { now, cutoff: now - keep, limit };
  await inTurn([
    forgetDeployed,
    // Deliveries first: an event is kept as long as one of its deliveries is.
    () => walk(walks, "old deliveries", (from) => forgetting.forgetDeliveries(from, bounds)),
    () => walk(walks, "old events", (from) => forgetting.forgetEvents(from, bounds)),
    () => forgetting.forgetActivity(bounds),
    () => forgetting.forgetTombstones(bounds),
  ]);
}

async function walk(
  walks: ForgetStores["walks"],
  name: string,
  step: (from: string | null) => Promise<string | null>,
): Promise<void> {
  const from = await walks.position(name);
  const to = await step(from);
  if (to !== from) await walks.setPosition(name, to);
}

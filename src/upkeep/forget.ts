/**
 * Forgets what was told long ago: deliveries that ended, with their attempts, events, and who did what; then the rows of what was deleted, to
 * which those referred; and what targets were given before what counts as deployed. In steps that are bounded and may each be repeated or cut off: what is kept is decided by the statement that deletes, so what is redelivered meanwhile stays.
 */
import { inTurn } from "./in-turn.ts";
import type { Bounds, ForgettingStore, WalkStore } from "./stores.ts";

interface ForgetStores {
  readonly walks: WalkStore;
  readonly forgetting: ForgettingStore;
}

/** Records looked at in one run: there may be 144,000 of each in a day. */
const STEP = 500;

/** @param keep milliseconds that records are kept; null: for ever. */
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

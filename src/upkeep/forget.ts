/**
 * Forgets old records: deliveries that ended, with their attempts, events and activity; then the rows of
 * deleted things to which those referred; and digests that targets were given before those that count as
 * deployed. It runs in bounded steps, which may each be repeated or cut off. The statement that deletes
 * decides what to keep, so a delivery that is redelivered meanwhile stays.
 */
import { inTurn } from "./in-turn.ts";
import type { Bounds, ForgettingStore, WalkStore } from "./stores.ts";

interface ForgetStores {
  readonly walks: WalkStore;
  readonly forgetting: ForgettingStore;
}

/** Rows that one run reads: a day may bring 144,000 of each kind. */
const STEP = 500;

/** Makes one run. @param keep milliseconds for which rows are kept; null for ever */
export async function forget(
  { walks, forgetting }: ForgetStores,
  keep: number | null,
  now: number,
  limit = STEP,
): Promise<void> {
  // First, since a delivery is kept as long as the digest that it put in place counts.
  const forgetDeployed = () => walk(walks, "deployed before", (from) => forgetting.forgetDeployed(from, limit));
  if (keep === null) return forgetDeployed();
  const bounds: Bounds = { now, cutoff: now - keep, limit };
  await inTurn([
    forgetDeployed,
    // Deliveries before events: an event is kept as long as one of its deliveries is.
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

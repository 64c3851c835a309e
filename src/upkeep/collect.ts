/**
 * Collection runs beside pushes and pulls, in steps that are bounded and may each be repeated, cut off or run twice at once.
 *
 * A link that no manifest needs, or a blob that nothing links, is marked; after its grace it is looked at again in the
 * transaction that takes its row. A push or a look at it in between unmarks it, so the push wins. Bytes go last: their key is
 * condemned first, in the transaction that takes the row, and no row can come to point to a condemned key. A crash between
 * any two steps leaves a mark, a condemned key or an object without a row, and the next run takes it up.
 */
import type { Bounds, UpkeepStores } from "./stores.ts";

export interface CollectionSettings {
  /** Milliseconds that what nothing needs is kept. */
  readonly grace: number;
  /** Milliseconds that deleted manifests, and the content of deleted repositories, are kept. */
  readonly keepDeleted: number;
}

/** Rows, objects or keys in one step: an invocation on the Free plan has 50 queries, and R2 deletes 1,000 keys a call. */
const STEP = 500;

/** Times that a step is repeated in one run while it finds work: what piled up must not take days. */
const REPEATS = 5;

/** An object without a row may be one whose row is just being written: an upload's within its session's day, a manifest's within its request. */
const YOUNGEST_ORPHAN = 3_600_000;

/** Milliseconds that a condemned key is remembered after its bytes: longer than any upload session lives. */
const REMEMBERED = 7 * 86_400_000;

const OBJECTS = "objects";

/** One run, at `now`. Bounded: what is left is for the next one. */
export async function collect(stores: UpkeepStores, settings: CollectionSettings, now: number): Promise<void> {
  const { collection } = stores;
  const bounds: Bounds = { now, cutoff: now - settings.grace, limit: STEP };
  const deleted: Bounds = { ...bounds, cutoff: now - settings.keepDeleted };
  await repeat(() => collection.emptyTrash(deleted));
  await repeat(() => collection.purgeRepository(deleted));
  await collection.markLinks(bounds);
  await repeat(() => collection.unlink(bounds));
  await collection.markBlobs(bounds);
  await repeat(() => collection.condemnBlobs(bounds));
  await condemnOrphans(stores, settings, now);
  await repeat(() => deleteCondemned(stores, now));
  await collection.forget(now - REMEMBERED, STEP);
}

async function repeat(step: () => Promise<number>): Promise<void> {
  for (let time = 0; time < REPEATS; time++) {
    if ((await step()) < STEP) return;
  }
}

/** Looks at the next objects, and condemns those that no row points to. */
async function condemnOrphans(
  { collection, objects }: UpkeepStores,
  { grace }: CollectionSettings,
  now: number,
): Promise<void> {
  const page = await objects.list(await collection.position(OBJECTS), STEP);
  const before = now - Math.max(grace, YOUNGEST_ORPHAN);
  const old = page.objects.filter(({ uploadedAt }) => uploadedAt < before).map(({ key }) => key);
  if (old.length > 0) await collection.condemnOrphans(old, now);
  await collection.setPosition(OBJECTS, page.next);
}

async function deleteCondemned({ collection, objects }: UpkeepStores, now: number): Promise<number> {
  const keys = await collection.condemned(STEP);
  if (keys.length === 0) return 0;
  await objects.delete(keys);
  await collection.noteDeleted(keys, now);
  return keys.length;
}

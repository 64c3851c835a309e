/**
 * Collection runs beside pushes and pulls, in steps that are bounded and may each be repeated, cut off or run twice at once.
 *
 * A link that no manifest needs, or a blob that nothing links, is marked; after its grace it is looked at again in the
 * transaction that takes its row. A push or a look at it in between unmarks it, so the push wins. Bytes go last: their key is
 * condemned first, in the transaction that takes the row, and no row can come to point to a condemned key. They wait, so that
 * the database can be restored to an earlier moment and finds the bytes of all its rows. A crash between any two steps leaves
 * a mark, a condemned key or an object without a row, and the next run takes it up.
 */
import { inTurn } from "./in-turn.ts";
import type { Bounds, UpkeepStores } from "./stores.ts";

export interface CollectionSettings {
  /** Milliseconds that what nothing needs is kept. */
  readonly grace: number;
  /**
   * Milliseconds that an object without a row is left at least, however short the grace: it may be one whose row is just being
   * written, an upload's within its session's day, a manifest's within its request.
   */
  readonly orphanGrace: number;
  /** Milliseconds that deleted manifests, and the content of deleted repositories, are kept. */
  readonly keepDeleted: number;
  /** Milliseconds that bytes are kept after the last row that pointed to them: how far back the database can be restored. */
  readonly keepBytes: number;
}

/** Rows, objects or keys in one step: an invocation on the Free plan has 50 queries, and R2 deletes 1,000 keys a call. */
const STEP = 500;

/** Times that a step is repeated in one run while it finds work: a backlog must not take days. */
const REPEATS = 5;

/** Repositories that are taken apart in one run: each takes six queries. */
const PURGES = 3;

/** Milliseconds that a condemned key is remembered after its bytes: longer than any upload session lives. */
const REMEMBERED = 7 * 86_400_000;

const OBJECTS = "objects";

/** Makes one run of both, at `now`. It is bounded, like each: the rest is left to the next one. */
export async function collect(stores: UpkeepStores, settings: CollectionSettings, now: number): Promise<void> {
  await inTurn([() => collectDeleted(stores, settings, now), () => collectUnneeded(stores, settings, now)]);
}

/** Collects deleted content that is no longer kept. In 23 queries at most. */
export async function collectDeleted(
  { collection }: Pick<UpkeepStores, "collection">,
  { keepDeleted }: CollectionSettings,
  now: number,
): Promise<void> {
  const bounds: Bounds = { now, cutoff: now - keepDeleted, limit: STEP };
  await inTurn([
    () => repeat(() => collection.emptyTrash(bounds)),
    () => repeat(() => collection.purgeRepository(bounds), PURGES),
  ]);
}

/** Collects links that no manifest needs, blobs that nothing links, and bytes. In 47 queries at most. */
export async function collectUnneeded(stores: UpkeepStores, settings: CollectionSettings, now: number): Promise<void> {
  const { collection } = stores;
  const bounds: Bounds = { now, cutoff: now - settings.grace, limit: STEP };
  await inTurn([
    () => collection.markLinks(bounds),
    () => repeat(() => collection.unlink(bounds)),
    () => collection.markBlobs(bounds),
    () => repeat(() => collection.condemnBlobs(bounds)),
    () => condemnOrphans(stores, settings, now),
    () => repeat(() => deleteCondemned(stores, { now, cutoff: now - settings.keepBytes, limit: STEP })),
    () => collection.forget(now - REMEMBERED, STEP),
  ]);
}

async function repeat(step: () => Promise<number>, times = REPEATS): Promise<void> {
  for (let time = 0; time < times; time++) {
    if ((await step()) < STEP) return;
  }
}

/** Condemns those of the next objects that no row points to. */
async function condemnOrphans(
  { collection, objects }: UpkeepStores,
  { grace, orphanGrace }: CollectionSettings,
  now: number,
): Promise<void> {
  const page = await objects.list(await collection.position(OBJECTS), STEP);
  const before = now - Math.max(grace, orphanGrace);
  const old = page.objects.filter(({ uploadedAt }) => uploadedAt < before).map(({ key }) => key);
  if (old.length > 0) await collection.condemnOrphans(old, now);
  await collection.setPosition(OBJECTS, page.next);
}

async function deleteCondemned({ collection, objects }: UpkeepStores, bounds: Bounds): Promise<number> {
  const keys = await collection.condemned(bounds);
  if (keys.length === 0) return 0;
  await objects.delete(keys);
  await collection.noteDeleted(keys, bounds.now);
  return keys.length;
}

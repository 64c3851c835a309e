/**
 * Collection runs beside pushes and pulls, in bounded steps; each may be repeated, cut off or run twice at
 * once.
 *
 * A link that no manifest needs, or a blob that nothing links, is marked. After its grace it is looked at
 * again in the transaction that takes its row. A push or a look at it in between unmarks it, so the push
 * wins. Bytes go last: the transaction that takes the row condemns their key first, and no row can come to
 * point to a condemned key. They wait, so that the database can be restored to an earlier moment and finds
 * the bytes of all its rows. A crash between any two steps leaves a mark, a condemned key or an object
 * without a row, and the next run takes it up.
 */
import { inTurn } from "./in-turn.ts";
import type { Bounds, UpkeepStores } from "./stores.ts";

export interface CollectionSettings {
  /** Milliseconds for which unneeded content is kept. */
  readonly grace: number;
  /**
   * Milliseconds for which an object without a row is kept at least, even if the grace is shorter. Its row
   * may be about to be written: an upload's within its session's day, a manifest's within its request.
   */
  readonly orphanGrace: number;
  /** Milliseconds for which deleted manifests, and the content of deleted repositories, are kept. */
  readonly keepDeleted: number;
  /** Milliseconds for which bytes are kept after the last row that pointed to them: the time back to which the database can be restored. */
  readonly keepBytes: number;
}

/** Rows, objects or keys in one step. An invocation on the Free plan has 50 queries, and R2 deletes 1,000 keys a call. */
const STEP = 500;

/** The most times that a step is repeated in one run while it finds work: a backlog must not take days. */
const REPEATS = 5;

/** The most repositories that one run takes apart: each takes six queries. */
const PURGES = 3;

/** Milliseconds for which a condemned key is remembered after its bytes are gone: longer than any upload session lives. */
const REMEMBERED = 7 * 86_400_000;

const OBJECTS = "objects";

/** Makes one run of both kinds of collection, at `now`. Each is bounded; the next run does the rest. */
export async function collect(stores: UpkeepStores, settings: CollectionSettings, now: number): Promise<void> {
  await inTurn([() => collectDeleted(stores, settings, now), () => collectUnneeded(stores, settings, now)]);
}

/** Collects deleted content after its time, in 23 queries at most. */
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

/** Collects links that no manifest needs, blobs that nothing links, and bytes, in 47 queries at most. */
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

/** Condemns the next objects to which no row points. */
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

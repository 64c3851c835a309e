/**
 * Scrub reads every object that a row points to, a little in each run, and compares its digest. If the
 * bytes are gone or wrong, the object is quarantined: it answers 404 as if it were absent, so clients push
 * it again, and that push brings it back. Scrub deletes nothing, and releases what is right again, so a
 * run may be repeated, cut off or run twice at once.
 */
import * as z from "zod";
import type { Damage } from "../registry/damage.ts";
import {
  OBJECT_KINDS,
  type ObjectKind,
  type ScrubbedObject,
  type ScrubResult,
  type ScrubStores,
} from "./scrub-stores.ts";

export interface ScrubSettings {
  /** Bytes that one run reads; a larger object has a run for itself. 0 switches scrub off. */
  readonly bytesPerRun: number;
}

/** Objects that one run reads: each is a request to R2, and an invocation may make 1,000. */
const OBJECTS_PER_RUN = 200;

/** The shortest time from the beginning of one walk to that of the next, in milliseconds. */
const WALK_INTERVAL = 86_400_000;

const WALK = "scrub";

/** The walk's position; `kind` is null once the walk is over. */
const walkSchema = z.object({ begunAt: z.int(), kind: z.enum(OBJECT_KINDS).nullable(), after: z.string() });

type Walk = Readonly<z.infer<typeof walkSchema>>;

/** Makes one run, at `now`. */
export async function scrub(stores: ScrubStores, { bytesPerRun }: ScrubSettings, now: number): Promise<void> {
  if (bytesPerRun === 0) return;
  const walk = await currentWalk(stores, now);
  if (walk.kind === null) return;
  const page = await stores.quarantine.next(walk.kind, walk.after, OBJECTS_PER_RUN);
  const due = withinBytes(page, bytesPerRun);
  const isLast = due.length === page.length && page.length < OBJECTS_PER_RUN;
  const next = isLast ? followingKind(walk, walk.kind) : { ...walk, after: due.at(-1)?.key ?? "" };
  // A long read may be cut off. The walk has passed the object by then, and goes on.
  const passesFirst = due.some(({ size }) => size > bytesPerRun);
  if (passesFirst) await setWalk(stores, next);
  await scrubObjects(stores, due, now);
  if (!passesFirst) await setWalk(stores, next);
}

/** Reads objects, and quarantines or releases them. One that cannot be read stays as it is until the next walk. */
export async function scrubObjects(
  { examine, quarantine }: Pick<ScrubStores, "examine" | "quarantine">,
  objects: readonly ScrubbedObject[],
  now: number,
): Promise<void> {
  const results: ScrubResult[] = [];
  for (const object of objects) {
    try {
      const damage = await secondOpinion(() => examine(object));
      if (damage !== object.damage) results.push({ digest: object.digest, key: object.key, damage });
    } catch (fault) {
      console.error(
        JSON.stringify({ scrub: "unreadable", digest: object.digest, key: object.key, fault: String(fault) }),
      );
    }
  }
  if (results.length === 0) return;
  for (const { damage, digest, key } of await quarantine.apply(results, now)) {
    console.error(JSON.stringify({ scrub: damage === null ? "released" : "quarantined", damage, digest, key }));
  }
}

/** Looks twice: bytes can be spoilt on their way, so damage counts only if a second look finds it too. */
async function secondOpinion(look: () => Promise<Damage | null>): Promise<Damage | null> {
  return (await look()) === null ? null : look();
}

/** Takes the first objects whose bytes together stay within the limit, but at least one. */
function withinBytes(objects: readonly ScrubbedObject[], bytes: number): readonly ScrubbedObject[] {
  let sum = 0;
  const end = objects.findIndex(({ size }) => (sum += size) > bytes);
  return end === -1 ? objects : objects.slice(0, Math.max(end, 1));
}

function followingKind(walk: Walk, kind: ObjectKind): Walk {
  return { ...walk, kind: OBJECT_KINDS[OBJECT_KINDS.indexOf(kind) + 1] ?? null, after: "" };
}

async function currentWalk({ walks }: ScrubStores, now: number): Promise<Walk> {
  const position = await walks.position(WALK);
  const walk = position === null ? null : walkSchema.parse(JSON.parse(position));
  const isOver = walk === null || (walk.kind === null && now >= walk.begunAt + WALK_INTERVAL);
  return isOver ? { begunAt: now, kind: OBJECT_KINDS[0], after: "" } : walk;
}

async function setWalk({ walks }: ScrubStores, walk: Walk): Promise<void> {
  await walks.setPosition(WALK, JSON.stringify(walk));
}

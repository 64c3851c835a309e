/**
 * Retention runs beside pushes and pulls, as collection does, in steps that may each be repeated, cut off
 * or run twice at once. A walk goes over the tags that rules cover and deletes those that no rule keeps;
 * then over the manifests, and marks those that nothing needs. After their grace, manifests are looked at
 * again in the transaction that moves them to the trash. A push, or a look at one by its digest, unmarks
 * it.
 */
import * as z from "zod";
import { coverageOf, type Look } from "../management/retention.ts";
import { inTurn } from "./in-turn.ts";
import type { MarkedManifest, RetainingStores, RetentionRunStore, Ruled } from "./stores.ts";

/** Milliseconds from the beginning of a walk to the next. */
const WALK_EVERY = 6 * 3_600_000;

/** Tags or manifests in one step, and then repositories. */
const STEP = 1000;
const REPOSITORIES = 50;

/** Bytes of manifests that one transaction may move. */
const MAX_MOVED = 8_000_000;

/** Steps in one run. With at most 7 queries, and 11, they make 43: an invocation on the Free plan has 50. */
const WALK_STEPS = 3;
const TAKE_STEPS = 2;

const WALK = "retention";

const walkShape = z.object({
  began: z.int(),
  phase: z.enum(["tags", "manifests", "over"]),
  /** The walk goes on in this repository, after this tag or digest. */
  repository: z.int(),
  after: z.string(),
});

type Walk = z.infer<typeof walkShape>;

/** Makes one run, at `now`. It is bounded; the next run does the rest. */
export async function retain(stores: RetainingStores, now: number): Promise<void> {
  await inTurn([
    () => repeat(WALK_STEPS, () => walkOn(stores, now)),
    () => repeat(TAKE_STEPS, () => takeMarked(stores.retention, now)),
  ]);
}

/** Repeats a step while there is more to do. @param step returns true if there is more */
async function repeat(times: number, step: () => Promise<boolean>): Promise<void> {
  for (let time = 0; time < times; time++) {
    if (!(await step())) return;
  }
}

async function walkOn({ walks, retention }: RetainingStores, now: number): Promise<boolean> {
  const walk = currentWalk(await walks.position(WALK), now);
  if (walk.phase === "over") return false;
  const ruled = await retention.ruledFrom(walk.repository, REPOSITORIES);
  const coverage = coverageOf(ruled.repositories, ruled.rules);
  const look: Look = { coverage, after: coverage.ids[0] === walk.repository ? walk.after : "", now };
  const seen = await PHASES[walk.phase](retention, look);
  // The position is saved first, so that a page that fails, for any reason, does not hold back those after it.
  await walks.setPosition(WALK, JSON.stringify(nextWalk(walk, ruled, seen.end)));
  await seen.act();
  return true;
}

/** The result of a step: its end, null at the end of its repositories; and the action to take. */
interface StepResult {
  readonly end: Pick<Walk, "repository" | "after"> | null;
  readonly act: () => Promise<void>;
}

type Phase = (store: RetentionRunStore, look: Look) => Promise<StepResult>;

const PHASES: Readonly<Record<Exclude<Walk["phase"], "over">, Phase>> = {
  async tags(store, look) {
    const seen = await store.tags(look, STEP);
    const last = seen[STEP - 1];
    const going = seen.filter(({ goes }) => goes).map(({ repositoryId, name }) => [repositoryId, name] as const);
    return {
      end: last === undefined ? null : { repository: last.repositoryId, after: last.name },
      act: async () => (going.length === 0 ? undefined : store.removeTags(look.coverage, going, look.now)),
    };
  },

  async manifests(store, look) {
    const seen = await store.unneeded(look, STEP);
    const last = seen[STEP - 1];
    const going = seen.filter(({ goes }) => goes).map(({ id }) => id);
    return {
      end: last === undefined ? null : { repository: last.repositoryId, after: last.digest },
      act: async () => (going.length === 0 ? undefined : store.mark(going, look.now)),
    };
  },
};

function currentWalk(position: string | null, now: number): Walk {
  const walk = position === null ? null : walkShape.parse(JSON.parse(position));
  const isDue = walk === null || (walk.phase === "over" && now >= walk.began + WALK_EVERY);
  return isDue ? { began: now, phase: "tags", repository: 0, after: "" } : walk;
}

function nextWalk(walk: Walk, { repositories }: Ruled, end: StepResult["end"]): Walk {
  if (end !== null) return { ...walk, ...end };
  const last = repositories[REPOSITORIES - 1];
  if (last !== undefined) return { ...walk, repository: last.id + 1, after: "" };
  return { ...walk, phase: walk.phase === "tags" ? "manifests" : "over", repository: 0, after: "" };
}

async function takeMarked(store: RetentionRunStore, now: number): Promise<boolean> {
  const marked = await store.marked(now, STEP);
  if (marked.length === 0) return false;
  const batch = batchOf(marked);
  const { repositories, rules } = await store.ruledAmong([...new Set(batch.map(({ repositoryId }) => repositoryId))]);
  const ids = batch.map(({ id }) => id);
  await store.take(coverageOf(repositories, rules), ids, now);
  return batch.length < marked.length || marked.length === STEP;
}

/** Takes the first manifests, from as many repositories and with as many bytes as one transaction can move. */
function batchOf(marked: readonly MarkedManifest[]): readonly MarkedManifest[] {
  const batch: MarkedManifest[] = [];
  const repositories = new Set<number>();
  let bytes = 0;
  for (const one of marked) {
    repositories.add(one.repositoryId);
    bytes += one.size;
    if (batch.length > 0 && (repositories.size > REPOSITORIES || bytes > MAX_MOVED)) break;
    batch.push(one);
  }
  return batch;
}

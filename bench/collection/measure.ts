/** What a run of collection costs, by the size of what there is: per item it must cost the same. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { getPlatformProxy } from "wrangler";
import { d1Collection } from "../../src/storage/d1/collection.ts";
import { r2Objects } from "../../src/storage/r2/objects.ts";
import { collect } from "../../src/upkeep/collect.ts";
import { progress } from "../units.ts";
import { metered } from "./metered.ts";
import { seed } from "./seed.ts";

/** One run of collection with a certain thing to do. */
export interface CollectionCost {
  readonly task: string;
  /** Manifests in the repository, and of everything else as many. */
  readonly size: number;
  /** Rows that it looked at, or took. */
  readonly items: number;
  readonly queries: number;
  readonly rowsRead: number;
  /** Milliseconds within the database. */
  readonly ms: number;
}

interface Task {
  readonly task: string;
  /** Makes it due. */
  readonly due: string;
  /** Counts what is left to take; null: nothing is taken, a step's rows are looked at. */
  readonly left: string | null;
}

const NOW = Date.UTC(2030, 0);
const SETTINGS = { grace: 1000, orphanGrace: 1000, keepDeleted: 1000, keepBytes: 0 };

/** Links, and blobs, that one run looks at. */
const LOOKED_AT = 1000;

/** What the task before has left. */
const NOTHING_DUE = ["UPDATE repository_blobs SET marked_at = NULL", "UPDATE blobs SET marked_at = NULL"];

const TASKS: readonly Task[] = [
  { task: "nothing is due", due: "SELECT 1", left: null },
  {
    task: "links",
    due: "UPDATE repository_blobs SET marked_at = 1 WHERE repository_id = 2",
    left: "SELECT COUNT(*) AS n FROM repository_blobs WHERE repository_id = 2",
  },
  {
    task: "blobs",
    due: `UPDATE blobs SET marked_at = 1 WHERE digest NOT IN (SELECT digest FROM repository_blobs)`,
    left: "SELECT COUNT(*) AS n FROM blobs",
  },
  {
    task: "manifests in the trash",
    due: "UPDATE deleted_manifests SET deleted_at = 1",
    left: "SELECT COUNT(*) AS n FROM deleted_manifests",
  },
  {
    task: "a deleted repository",
    due: "UPDATE repositories SET deleted_at = 1 WHERE id = 1",
    left: "SELECT (SELECT COUNT(*) FROM tags) + (SELECT COUNT(*) FROM manifests) + (SELECT COUNT(*) FROM repository_blobs WHERE repository_id = 1) AS n",
  },
];

export async function measureCollection(sizes: readonly number[]): Promise<readonly CollectionCost[]> {
  const costs: CollectionCost[] = [];
  for (const size of sizes) {
    progress(`collecting in a registry of ${size.toLocaleString("en")} manifests`);
    costs.push(...(await measureSize(size)));
  }
  return costs;
}

async function measureSize(size: number): Promise<readonly CollectionCost[]> {
  const state = await mkdtemp(join(tmpdir(), "spacedock-bench-"));
  const configPath = resolve(import.meta.dirname, "wrangler.toml");
  const { env, dispose } = await getPlatformProxy<{ DB: D1Database; BLOBS: R2Bucket }>({
    configPath,
    persist: { path: state },
  });
  try {
    await migrate(env.DB);
    await seed(env.DB, size);
    const costs: CollectionCost[] = [];
    for (const task of TASKS) costs.push(await measureTask(env, size, task));
    return costs;
  } finally {
    await dispose();
    await rm(state, { recursive: true, force: true });
  }
}

async function migrate(db: D1Database): Promise<void> {
  for (const { queries } of await readD1Migrations(resolve(import.meta.dirname, "../../migrations"))) {
    await db.batch(queries.map((sql) => db.prepare(sql)));
  }
}

async function measureTask(
  { DB, BLOBS }: { DB: D1Database; BLOBS: R2Bucket },
  size: number,
  { task, due, left }: Task,
): Promise<CollectionCost> {
  await DB.batch([...NOTHING_DUE, due].map((sql) => DB.prepare(sql)));
  const before = await countOf(DB, left);
  const { db, spent } = metered(DB);
  await collect({ collection: d1Collection(db), objects: r2Objects(BLOBS) }, SETTINGS, NOW);
  const { queries, rowsRead, ms } = spent();
  return { task, size, items: left === null ? LOOKED_AT : before - (await countOf(DB, left)), queries, rowsRead, ms };
}

async function countOf(db: D1Database, sql: string | null): Promise<number> {
  return sql === null ? 0 : Number(await db.prepare(sql).first("n"));
}

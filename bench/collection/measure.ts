/**
 * Costs of a run of collection or retention, by the size and shape of the registry. The cost of an item must stay the
 * same.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { getPlatformProxy } from "wrangler";
import type { Plan } from "../options.ts";
import { progress } from "../units.ts";
import { metered } from "../../harness/metered.ts";
import { IMAGES, seed, seedGarbage, type Shape, SHAPES } from "../../harness/large-registry.ts";
import { type Bindings, type Task, TASKS } from "./tasks.ts";

/** The cost of one run with a certain task. */
export interface CollectionCost {
  readonly task: string;
  /** The shape of the manifests in the repository. */
  readonly shape: string;
  /** The number of manifests in the repository, and of everything else. */
  readonly size: number;
  /** Rows that the run examined, or took. */
  readonly items: number;
  readonly queries: number;
  readonly rowsRead: number;
  /** Milliseconds within the database. */
  readonly ms: number;
}

/** The time of deletion for content in the trash that must not become due. */
const NOT_DUE = 9e15;

export async function measureCollection(sizes: Plan["collection"]): Promise<readonly CollectionCost[]> {
  const costs: CollectionCost[] = [];
  for (const shape of SHAPES) {
    for (const size of shape === IMAGES ? sizes.images : sizes.shapes) {
      progress(`upkeep in a repository of ${size.toLocaleString("en")} manifests: ${shape.shape}`);
      costs.push(...(await measureRepository(size, shape)));
    }
  }
  return costs;
}

async function measureRepository(size: number, shape: Shape): Promise<readonly CollectionCost[]> {
  const state = await mkdtemp(join(tmpdir(), "spacedock-bench-"));
  const configPath = resolve(import.meta.dirname, "wrangler.toml");
  const { env, dispose } = await getPlatformProxy<Bindings>({ configPath, persist: { path: state } });
  try {
    await migrate(env.DB);
    await seed(env.DB, size, shape);
    if (shape === IMAGES) await seedGarbage(env.DB, size, NOT_DUE);
    const costs: CollectionCost[] = [];
    for (const task of TASKS) {
      if (shape === IMAGES || task.isOfShape) costs.push(await measureTask(env, { size, shape }, task));
    }
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
  { DB, BLOBS }: Bindings,
  { size, shape }: { readonly size: number; readonly shape: Shape },
  { task, makeDue, run, items }: Task,
): Promise<CollectionCost> {
  await makeDue(DB, { size, shape });
  const left = async (): Promise<number> =>
    typeof items === "number" ? items : Number(await DB.prepare(items).first("n"));
  const before = await left();
  const { db, spent } = metered(DB);
  await run({ DB: db, BLOBS });
  const { queries, rowsRead, ms } = spent();
  const taken = typeof items === "number" ? items : before - (await left());
  return { task, shape: shape.shape, size, items: taken, queries, rowsRead, ms };
}

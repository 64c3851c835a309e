import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { type Api, ApiFailure } from "./api.ts";
import { query } from "./database.ts";
import type { Installation } from "./installation.ts";
import { Problem } from "./problem.ts";
import { callWrangler } from "./call-wrangler.ts";

/** The table in which `wrangler d1 migrations apply` notes applied migrations, as wrangler makes it. */
const TABLE = `CREATE TABLE IF NOT EXISTS "d1_migrations"(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);`;

const appliedRow = z.array(z.object({ name: z.string() }));

export interface Target {
  readonly api: Api;
  readonly account: string;
  readonly databaseId: string;
  /** Wrangler's configuration. */
  readonly configFile: string;
  /** True if migrations go as files that D1 imports, instead of as queries. */
  readonly byImport: boolean;
}

/** Applies the migrations that the database lacks, each together with its note. Returns their names. */
export async function migrate(target: Target, installation: Installation): Promise<readonly string[]> {
  const { api, account, databaseId } = target;
  await query(api, account, databaseId, TABLE);
  const rows = await query(api, account, databaseId, "SELECT name FROM d1_migrations ORDER BY id");
  const applied = new Set(appliedRow.parse(rows).map(({ name }) => name));
  const unknown = [...applied].filter((name) => !installation.migrations.includes(name));
  if (unknown.length > 0)
    console.log(`The database is newer than this code: it has had ${unknown.join(", ")}. Older code runs on it too.`);
  const fresh = installation.migrations.filter((name) => !applied.has(name));
  for (const name of fresh) await apply(target, installation.migrationsDirectory, name);
  return fresh;
}

async function apply(target: Target, directory: string, name: string): Promise<void> {
  const text = readFileSync(join(directory, name), "utf8");
  const sql = `${text}\nINSERT INTO d1_migrations (name) VALUES ('${name.replaceAll("'", "''")}');`;
  try {
    if (target.byImport) await importSql(target.configFile, sql);
    else await query(target.api, target.account, target.databaseId, sql);
  } catch (error) {
    throw explainMigration(error, name, target.byImport);
  }
}

/** Has D1 import a whole file. While it does, the database answers no queries. */
async function importSql(configFile: string, sql: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "spacedock-migration-"));
  try {
    const file = join(directory, "migration.sql");
    writeFileSync(file, sql);
    await callWrangler(["d1", "execute", "DB", "--remote", "--yes", "--file", file, "--config", configFile]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Turns a failure into an explanation. Only SQLite's own refusal is the migration's fault. */
function explainMigration(error: unknown, name: string, byImport: boolean): unknown {
  const isRefused = error instanceof ApiFailure ? error.status === 400 || error.codes.includes(7500) : false;
  if (!isRefused && !(error instanceof Problem)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const otherWay = byImport
    ? ""
    : " If its SQL is right, D1 may have split it wrongly: `npm run deploy -- --import-migrations` sends it as a file instead.";
  return new Problem(
    `the database refused the migration ${name}: ${reason}. No code was uploaded: what was deployed before runs on. Mend the migration, then run the command again.${otherWay}`,
  );
}

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getPlatformProxy } from "wrangler";
import * as z from "zod";
import { chooseAccount, findLogin } from "../deploy/account.ts";
import { openApi } from "../deploy/api.ts";
import { explain } from "../deploy/explain.ts";
import { type Installation, readInstallation } from "../deploy/installation.ts";
import { runWrangler } from "../wrangler.ts";

/** The place of a registry: a directory in which wrangler simulates it, or the Cloudflare account. */
export type Place =
  | { readonly kind: "local"; readonly stateDir: string }
  /** `name`: a further installation in the account. */
  | { readonly kind: "remote"; readonly name: string | undefined };

/** A registry's database and bucket, in either place. */
export interface Storage {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  /** Writes all tables and rows, as of one moment, into a file of SQL. */
  exportSql(file: string): Promise<void>;
  /** Migrates the tables to the state that this version of the code needs. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

interface Bindings {
  readonly DB: D1Database;
  readonly BLOBS: R2Bucket;
}

/** Opens a registry's storage without its Worker, through wrangler's bindings. */
export async function openStorage(place: Place): Promise<Storage> {
  const directory = mkdtempSync(join(tmpdir(), "spacedock-storage-"));
  try {
    const configPath = await writeConfig(directory, place);
    const { env, dispose } = await getPlatformProxy<Bindings>({
      configPath,
      envFiles: [],
      persist: place.kind === "local" && { path: join(place.stateDir, "v3") },
    });
    const d1 = (...args: readonly string[]): Promise<void> =>
      runWrangler(["d1", ...args, `--${place.kind}`], { output: "hide", env: { CI: "1" } });
    return {
      db: env.DB,
      bucket: env.BLOBS,
      exportSql: (file) => d1("export", "DB", "--config", configPath, "--skip-confirmation", "--output", file),
      migrate: () =>
        d1(
          "migrations",
          "apply",
          "DB",
          ...(place.kind === "local" ? ["--persist-to", place.stateDir] : ["--config", configPath]),
        ),
      close: async () => {
        await dispose();
        rmSync(directory, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
}

/**
 * Writes a configuration with the database and the bucket of wrangler.toml alone, so that no other part of the Worker
 * is started.
 */
async function writeConfig(directory: string, place: Place): Promise<string> {
  const installation = readInstallation(undefined, place.kind === "remote" ? place.name : undefined);
  const { name, compatibility_date, d1_databases, r2_buckets } = installation.config;
  const [database] = d1_databases;
  const [bucket] = r2_buckets;
  let accountId: string | undefined;
  if (place.kind === "remote") {
    database["remote"] = true;
    bucket["remote"] = true;
    // A remote binding needs the id, which wrangler.toml leaves out.
    const { account, databaseId } = await findDatabase(installation);
    accountId = account;
    database.database_id = databaseId;
  } else {
    // `wrangler d1 export` looks for the state beside the configuration, and has no option for it.
    mkdirSync(place.stateDir, { recursive: true });
    mkdirSync(join(directory, ".wrangler"));
    symlinkSync(place.stateDir, join(directory, ".wrangler", "state"), "junction");
  }
  const file = join(directory, "wrangler.json");
  const content = { name, account_id: accountId, compatibility_date, d1_databases, r2_buckets };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const found = z.looseObject({ uuid: z.string() });

/** The code of Cloudflare's API for a database that does not exist. */
const NO_DATABASE = 7404;

async function findDatabase({
  accountId,
  database,
}: Installation): Promise<{ readonly account: string; readonly databaseId: string }> {
  const api = openApi(await findLogin());
  let account: string | null = null;
  try {
    account = await chooseAccount(api, accountId);
    const path = `/accounts/${account}/d1/database/${encodeURIComponent(database.name)}`;
    const answer = await api.find(path, [NO_DATABASE]);
    if (answer !== null) return { account, databaseId: found.parse(answer).uuid };
  } catch (error) {
    throw await explain(error, api, account);
  }
  throw new Error(`the account has no database "${database.name}": npm run deploy makes it`);
}

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { getPlatformProxy, unstable_readConfig as readConfig } from "wrangler";
import { z } from "zod";
import { runWrangler, tryWrangler } from "../wrangler.ts";

/** Which registry: the one that wrangler simulates in a directory, or the one in the Cloudflare account. */
export type Place = { readonly kind: "local"; readonly stateDir: string } | { readonly kind: "remote" };

/** A registry's database and bucket, wherever they are. */
export interface Storage {
  readonly db: D1Database;
  readonly bucket: R2Bucket;
  /** Writes all tables and rows, as of one moment, into a file of SQL. */
  exportSql(file: string): Promise<void>;
  /** Brings the tables to the state that this version of the code needs. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

interface Bindings {
  readonly DB: D1Database;
  readonly BLOBS: R2Bucket;
}

const CONFIG = resolve(import.meta.dirname, "../../wrangler.toml");

/** Opens a registry's storage past its Worker, by the bindings that wrangler gives. */
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
        d1("migrations", "apply", "DB", ...(place.kind === "local" ? ["--persist-to", place.stateDir] : [])),
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

const deployed = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  d1_databases: z.tuple([z.looseObject({ database_name: z.string(), database_id: z.string().optional() })]),
  r2_buckets: z.tuple([z.looseObject({})]),
});

/** The database and the bucket of wrangler.toml alone, so that nothing else of the Worker is started. */
async function writeConfig(directory: string, place: Place): Promise<string> {
  const { name, compatibility_date, d1_databases, r2_buckets } = deployed.parse(readConfig({ config: CONFIG }));
  const [database] = d1_databases;
  const [bucket] = r2_buckets;
  if (place.kind === "remote") {
    database["remote"] = true;
    bucket["remote"] = true;
    // A remote binding needs the id, which wrangler.toml leaves out.
    database.database_id ??= await findDatabase(database.database_name);
  } else {
    // `wrangler d1 export` looks for the state beside the configuration, and takes no option for it.
    mkdirSync(place.stateDir, { recursive: true });
    mkdirSync(join(directory, ".wrangler"));
    symlinkSync(place.stateDir, join(directory, ".wrangler", "state"), "junction");
  }
  const file = join(directory, "wrangler.json");
  writeFileSync(file, JSON.stringify({ name, compatibility_date, d1_databases, r2_buckets }));
  return file;
}

const databaseList = z.array(z.looseObject({ uuid: z.string(), name: z.string() }));

async function findDatabase(name: string): Promise<string> {
  const { ok, output } = await tryWrangler(["d1", "list", "--json"], { output: "keep" });
  if (!ok) throw new Error("log in first: npx wrangler login (or set CLOUDFLARE_API_TOKEN)");
  const found = databaseList.parse(JSON.parse(output)).find((database) => database.name === name);
  if (found === undefined) throw new Error(`the account has no database "${name}": npm run deploy makes it`);
  return found.uuid;
}

import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { runAsD1 } from "./d1.ts";

export interface Binding {
  readonly type: string;
  readonly name: string;
  readonly text?: string | undefined;
  readonly [key: string]: unknown;
}

export interface Worker {
  bindings: readonly Binding[];
  migrationTag: string | null;
  crons: readonly string[];
  isOnWorkersDev: boolean;
  /** The strategy by which Durable Objects get new code. */
  updateStrategy: unknown;
  versions: readonly string[];
}

interface Queue {
  consumers: readonly { readonly consumer_id: string; readonly type: "worker"; readonly script: string }[];
}

/** A domain of an account. */
export interface Zone {
  readonly id: string;
  status: string;
  routes: readonly { readonly pattern: string; readonly script: string }[];
  readonly records: readonly { readonly type: string; readonly name: string }[];
}

/** Runs a database's SQL. */
export interface Sql {
  /** Runs statements as D1's remote query does. Returns the rows of each. */
  run(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** Runs a whole file without splitting it. */
  load(sql: string): Promise<void>;
  /** Returns the whole database as SQL. */
  dump(): Promise<string>;
}

export interface Database {
  readonly id: string;
  readonly name: string;
  readonly sql: Sql;
}

/** Runs Workers. */
export interface Runtime {
  openSql(id: string): Promise<Sql>;
  /** Runs an uploaded Worker. @param preview the token by which wrangler asks a preview; null for the Worker itself */
  run(name: string, form: FormData, bindings: readonly Binding[], preview: string | null): Promise<void>;
}

/** The content of an account. Tests look into it, and change it as its owner could. */
export interface Account {
  readonly id: string;
  /** The address for uploads of files. */
  readonly origin: string;
  isR2Off: boolean;
  /** The subdomain on workers.dev; null for none. */
  subdomain: string | null;
  readonly workers: Map<string, Worker>;
  readonly queues: Map<string, Queue>;
  readonly zones: Map<string, Zone>;
  /** Workers by their custom domains. */
  readonly domains: Map<string, string>;
  /** Objects by bucket. */
  readonly buckets: Map<string, readonly { readonly key: string }[]>;
  readonly databases: Map<string, Database>;
  readonly runtime: Runtime | null;
  /** SQL that waits to be imported, by its MD5. */
  readonly uploads: Map<string, string>;
  addDatabase(name: string): Promise<string>;
  /** Returns the value of a Worker's secret. */
  secret(worker: string, name: string): string | undefined;
}

/** Makes an account. @param runtime runs Workers; without it only SQL runs, in memory */
export function makeAccount(id: string, origin: string, runtime: Runtime | null): Account {
  const workers = new Map<string, Worker>();
  const databases = new Map<string, Database>();
  return {
    id,
    origin,
    isR2Off: false,
    subdomain: "acme-team",
    workers,
    queues: new Map(),
    zones: new Map(),
    domains: new Map(),
    buckets: new Map(),
    databases,
    uploads: new Map(),
    runtime,
    async addDatabase(name) {
      const uuid = randomUUID();
      databases.set(uuid, { id: uuid, name, sql: (await runtime?.openSql(uuid)) ?? sqlInMemory() });
      return uuid;
    },
    secret: (worker, name) => workers.get(worker)?.bindings.find((one) => one.name === name)?.text,
  };
}

function sqlInMemory(): Sql {
  const db = new DatabaseSync(":memory:");
  return {
    run: async (sql) => runAsD1(db, sql),
    load: async (sql) => db.exec(sql),
    dump: () => Promise.reject(new Error("only a database of the rehearsal can be exported")),
  };
}

/** Makes a Worker with these bindings, as if somebody had uploaded it. */
export function workerWith(...bindings: readonly Binding[]): Worker {
  return {
    bindings,
    migrationTag: null,
    crons: [],
    isOnWorkersDev: true,
    updateStrategy: null,
    versions: [randomUUID()],
  };
}

/** Makes a domain in use, with these records. */
export function zoneWith(...records: Zone["records"]): Zone {
  return { id: `zone-${randomUUID()}`, status: "active", routes: [], records };
}

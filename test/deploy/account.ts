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
  /** How Durable Objects come to run new code. */
  updateStrategy: unknown;
  versions: readonly string[];
}

interface Queue {
  consumers: readonly { readonly consumer_id: string; readonly type: "worker"; readonly script: string }[];
}

/** A domain that an account has. */
export interface Zone {
  readonly id: string;
  status: string;
  routes: readonly { readonly pattern: string; readonly script: string }[];
  readonly records: readonly { readonly type: string; readonly name: string }[];
}

/** Runs a database's SQL. */
export interface Sql {
  /** As D1's remote query does. Returns the rows of each statement. */
  run(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** A whole file, which is not split. */
  load(sql: string): Promise<void>;
  /** All of it, as SQL. */
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
  /** Takes an uploaded Worker; `preview`: one that wrangler asks by a token of that name. */
  run(name: string, form: FormData, bindings: readonly Binding[], preview: string | null): Promise<void>;
}

/** An account's content. Tests look into it, and change it as its owner could. */
export interface Account {
  readonly id: string;
  /** The address for uploads of files. */
  readonly origin: string;
  isR2Off: boolean;
  /** On workers.dev. */
  subdomain: string | null;
  readonly workers: Map<string, Worker>;
  readonly queues: Map<string, Queue>;
  readonly zones: Map<string, Zone>;
  /** Custom domains, and the Worker that each belongs to. */
  readonly domains: Map<string, string>;
  /** Objects, by bucket. */
  readonly buckets: Map<string, readonly { readonly key: string }[]>;
  readonly databases: Map<string, Database>;
  readonly runtime: Runtime | null;
  /** SQL that waits to be imported, by its MD5. */
  readonly uploads: Map<string, string>;
  addDatabase(name: string): Promise<string>;
  /** The value of a secret that a Worker has. */
  secret(worker: string, name: string): string | undefined;
}

/** @param runtime where Workers are run; without it, nothing but SQL is, in memory. */
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

/** A Worker with these bindings, as somebody uploaded it. */
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

/** A domain in use, with these records. */
export function zoneWith(...records: Zone["records"]): Zone {
  return { id: `zone-${randomUUID()}`, status: "active", routes: [], records };
}

import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

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

export interface Database {
  readonly id: string;
  readonly name: string;
  readonly db: DatabaseSync;
}

/** What an account holds. Tests look into it, and change it as its owner could. */
export interface Account {
  readonly id: string;
  /** Where files are uploaded to. */
  readonly origin: string;
  isR2Off: boolean;
  /** On workers.dev. */
  subdomain: string | null;
  readonly workers: Map<string, Worker>;
  readonly queues: Map<string, Queue>;
  /** Objects, by bucket. */
  readonly buckets: Map<string, readonly { readonly key: string }[]>;
  readonly databases: Map<string, Database>;
  /** SQL that waits to be imported, by its MD5. */
  readonly uploads: Map<string, string>;
  addDatabase(name: string): string;
  /** The value of a secret that a Worker has. */
  secret(worker: string, name: string): string | undefined;
}

export function makeAccount(id: string, origin: string): Account {
  const workers = new Map<string, Worker>();
  const databases = new Map<string, Database>();
  return {
    id,
    origin,
    isR2Off: false,
    subdomain: "acme-team",
    workers,
    queues: new Map(),
    buckets: new Map(),
    databases,
    uploads: new Map(),
    addDatabase(name) {
      const uuid = randomUUID();
      databases.set(uuid, { id: uuid, name, db: new DatabaseSync(":memory:") });
      return uuid;
    },
    secret: (worker, name) => workers.get(worker)?.bindings.find((one) => one.name === name)?.text,
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

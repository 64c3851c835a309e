import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Account, Binding, Database, Worker } from "./account.ts";
import { type Handler, Refusal, type Request } from "./refusal.ts";
import { metadata, put } from "./uploads.ts";
import { ZONE_ROUTES } from "./zones.ts";

const notFound = (code: number, what: string): Refusal => new Refusal(404, code, `${what} not found`);

function workerNamed(account: Account, name: string): Worker {
  const worker = account.workers.get(name);
  if (worker === undefined) throw notFound(10007, "workers.api.error.service");
  return worker;
}

function withoutText(binding: Binding): object {
  return Object.fromEntries(Object.entries(binding).filter(([key]) => key !== "text"));
}

const answerOf = (worker: Worker) => ({ id: worker.versions.at(-1), deployment_id: worker.versions.at(-1), etag: "e" });

const queueView = (account: Account, name: string) => ({
  queue_name: name,
  queue_id: `id-of-${name}`,
  consumers: account.queues.get(name)?.consumers ?? [],
});

function databaseNamed(account: Account, idOrName: string): Database {
  const found = [...account.databases.values()].find((one) => one.id === idOrName || one.name === idOrName);
  if (found === undefined) throw notFound(7404, "The database");
  return found;
}

const consumer = z.looseObject({ script_name: z.string() });
const queueOf = (id: string): string => id.replace("id-of-", "");

/** Makes sure that a queue has its one consumer. */
async function setConsumer({ account, body }: Request, id: string): Promise<object> {
  const queue = account.queues.get(queueOf(id));
  if (queue === undefined) throw notFound(11000, "queue");
  const { script_name: script } = consumer.parse(await body());
  if (queue.consumers.some((one) => one.script !== script))
    throw new Refusal(400, 11004, "Queue already has a consumer");
  queue.consumers = [{ consumer_id: `consumer-of-${id}`, type: "worker", script }];
  return {};
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token that says how to upload assets; wrangler reads its claims and verifies nothing. */
const assetsToken = `${base64({ alg: "none" })}.${base64({ exp: 4_000_000_000 })}.x`;

export const ROUTES: readonly (readonly [string, Handler])[] = [
  [
    "GET /workers/scripts/*/secrets",
    ({ account }, name = "") =>
      workerNamed(account, name)
        .bindings.filter(({ type }) => type === "secret_text")
        .map((one) => ({ name: one.name, type: one.type })),
  ],
  [
    "PUT /workers/scripts/*/secrets",
    async ({ account, body }, name = "") => {
      const secret = z.looseObject({ name: z.string(), text: z.string(), type: z.string() }).parse(await body());
      const worker = workerNamed(account, name);
      worker.bindings = [...worker.bindings.filter((one) => one.name !== secret.name), secret];
      return {};
    },
  ],
  [
    "GET /workers/scripts/*/settings",
    ({ account }, name = "") => ({
      bindings: workerNamed(account, name).bindings.map(withoutText),
    }),
  ],
  ["PATCH /workers/scripts/*/script-settings", () => ({})],
  [
    "GET /workers/services/*",
    ({ account }, name = "") => {
      const { migrationTag } = workerNamed(account, name);
      return {
        id: name,
        default_environment: {
          environment: "production",
          script: { tag: name, tags: [], migration_tag: migrationTag, last_deployed_from: "wrangler" },
        },
      };
    },
  ],
  [
    "GET /workers/scripts",
    ({ account }) =>
      [...account.workers].map(([id, { migrationTag }]) => ({ id, migration_tag: migrationTag ?? undefined })),
  ],
  ["PUT /workers/scripts/*", async (request, name = "") => answerOf(await put(request, name))],
  [
    "POST /workers/scripts/*/versions",
    async (request, name = "") => ({ ...answerOf(await put(request, name)), resources: { script: { etag: "e" } } }),
  ],
  [
    "GET /workers/scripts/*/deployments",
    ({ account }, name = "") => ({
      deployments: [
        {
          id: "d",
          source: "wrangler",
          versions: [{ version_id: workerNamed(account, name).versions.at(-1) ?? "v", percentage: 100 }],
        },
      ],
    }),
  ],
  [
    "POST /workers/scripts/*/deployments",
    async ({ account, body }, name = "") => {
      const { code_update_strategy: strategy } = z
        .looseObject({ code_update_strategy: z.unknown() })
        .parse(await body());
      workerNamed(account, name).updateStrategy = strategy;
      return { id: "d" };
    },
  ],
  ["POST /workers/scripts/*/assets-upload-session", () => ({ jwt: assetsToken, buckets: [] })],
  [
    "PUT /workers/scripts/*/schedules",
    async ({ account, body }, name = "") => {
      const crons = z.array(z.object({ cron: z.string() })).parse(await body());
      workerNamed(account, name).crons = crons.map(({ cron }) => cron);
      return {};
    },
  ],
  ...ZONE_ROUTES,
  [
    "GET /workers/workers/*",
    ({ account }, name = "") => ({
      subdomain: { enabled: workerNamed(account, name).isOnWorkersDev, previews_enabled: false },
    }),
  ],
  [
    "POST /workers/scripts/*/subdomain",
    async ({ account, body }, name = "") => {
      const { enabled } = z.looseObject({ enabled: z.boolean() }).parse(await body());
      workerNamed(account, name).isOnWorkersDev = enabled;
      return { enabled, previews_enabled: false };
    },
  ],
  [
    "GET /workers/subdomain",
    ({ account }) => {
      if (account.subdomain === null) throw notFound(10007, "subdomain");
      return { subdomain: account.subdomain };
    },
  ],
  [
    "GET /queues",
    ({ account, query }) => {
      const wanted = query.getAll("name");
      return [...account.queues.keys()]
        .filter((name) => wanted.length === 0 || wanted.includes(name))
        .map((name) => queueView(account, name));
    },
  ],
  [
    "POST /queues",
    async ({ account, body }) => {
      const { queue_name: name } = z.object({ queue_name: z.string() }).parse(await body());
      if (account.queues.has(name)) throw new Refusal(409, 11009, "Queue name is already taken");
      account.queues.set(name, { consumers: [] });
      return queueView(account, name);
    },
  ],
  ["POST /queues/*/consumers", setConsumer],
  ["PUT /queues/*/consumers/*", setConsumer],
  [
    "GET /d1/database/*",
    ({ account }, id = "") => {
      const { id: uuid, name } = databaseNamed(account, decodeURIComponent(id));
      return { uuid, name };
    },
  ],
  [
    "POST /d1/database",
    async ({ account, body }) => {
      const { name } = z.looseObject({ name: z.string() }).parse(await body());
      if ([...account.databases.values()].some((one) => one.name === name))
        throw new Refusal(400, 7502, "a database with that name exists");
      return { uuid: await account.addDatabase(name), name };
    },
  ],
  [
    "POST /d1/database/*/query",
    async ({ account, body }, id = "") => {
      const { sql } = z.object({ sql: z.string() }).parse(await body());
      try {
        const results = await databaseNamed(account, id).sql.run(sql);
        return results.map((rows) => ({ results: rows, success: true, meta: { duration: 1 } }));
      } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal(400, 7500, error instanceof Error ? `${error.message}: SQLITE_ERROR` : "SQLITE_ERROR");
      }
    },
  ],
  [
    "POST /d1/database/*/import",
    async ({ account, body }, id = "") => {
      const { action, etag } = z.looseObject({ action: z.string(), etag: z.string().optional() }).parse(await body());
      if (action === "init")
        return { success: true, upload_url: `${account.origin}/upload/${account.id}`, filename: "file.sql" };
      const sql = account.uploads.get(etag ?? "");
      if (sql === undefined) throw new Refusal(400, 7500, "no such upload");
      await databaseNamed(account, id).sql.load(sql);
      const meta = { duration: 1, rows_read: 1, rows_written: 1, size_after: 1 };
      return { success: true, status: "complete", messages: [], result: { num_queries: 1, final_bookmark: "b", meta } };
    },
  ],
  [
    "POST /d1/database/*/export",
    ({ account }, id = "") => {
      const signed_url = `${account.origin}/export/${account.id}/${databaseNamed(account, id).id}`;
      return {
        success: true,
        status: "complete",
        messages: [],
        at_bookmark: "b",
        result: { filename: "x.sql", signed_url },
      };
    },
  ],
  ["GET /workers/subdomain/edge-preview", () => ({ token: "session" })],
  [
    "POST /workers/scripts/*/edge-preview",
    async ({ account, form }, name = "") => {
      const sent = await form();
      const { bindings } = metadata.parse(JSON.parse(z.string().parse(sent.get("metadata"))));
      const preview = randomUUID();
      await account.runtime?.run(name, sent, bindings, preview);
      return { preview_token: preview };
    },
  ],
  [
    "GET /r2/buckets/*",
    ({ account }, name = "") => {
      if (account.isR2Off) throw new Refusal(403, 10042, "Please enable R2 through the Cloudflare Dashboard.");
      if (!account.buckets.has(name)) throw notFound(10006, "The specified bucket");
      return { name };
    },
  ],
  ["GET /r2/buckets/*/objects", ({ account }, name = "") => account.buckets.get(name) ?? []],
  [
    "POST /r2/buckets",
    async ({ account, body }) => {
      const { name } = z.looseObject({ name: z.string() }).parse(await body());
      if (account.isR2Off) throw new Refusal(403, 10042, "Please enable R2 through the Cloudflare Dashboard.");
      if (account.buckets.has(name)) throw new Refusal(409, 10004, "The bucket you tried to create already exists");
      account.buckets.set(name, []);
      return {};
    },
  ],
];

import { createServer, type Server } from "node:https";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions as WorkerOptions } from "miniflare";
import * as z from "zod";
import type { Binding, Runtime, Sql } from "./account.ts";
import { splitAsD1 } from "./d1.ts";

/** Stands in for Cloudflare's edge: runs the uploaded Workers on real local D1, R2 and Durable Objects, and answers on workers.dev. */
export interface Edge extends Runtime {
  close(): Promise<void>;
}

const metadata = z.looseObject({
  main_module: z.string(),
  compatibility_date: z.string().optional(),
  compatibility_flags: z.array(z.string()).default([]),
});

/** Holds every database and bucket, so that they exist independently of the Workers. */
const STORAGE = "storage";

/** Starts the edge. @param certificate of the TLS server, for `*.acme-team.workers.dev` */
export async function startEdge(
  directory: string,
  certificate: { readonly key: string; readonly cert: string },
): Promise<Edge> {
  const databases: Record<string, string> = {};
  const buckets: Record<string, string> = {};
  const workers = new Map<string, WorkerOptions>();
  const options = () =>
    convertV4MiniflareOptions({
      resourcePersistencePath: directory,
      workers: [
        {
          name: STORAGE,
          modules: true,
          script: "export default { fetch: () => new Response('storage') };",
          compatibilityDate: "2026-11-01",
          d1Databases: databases,
          r2Buckets: buckets,
        },
        ...workers.values(),
      ],
    });
  const miniflare = new Miniflare(options());
  await miniflare.ready;

  const server: Server = createServer(certificate, (incoming, response) => {
    const preview = incoming.headers["cf-workers-preview-token"];
    const [name = ""] = (incoming.headers.host ?? "").split(".");
    const worker = typeof preview === "string" ? preview : name;
    miniflare.unsafeGetDirectURL(worker).then(
      (url) => forward(incoming, response, url),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(443, "127.0.0.1", resolve));

  return {
    async openSql(id) {
      databases[id] = id;
      await miniflare.setOptions(options());
      return sqlIn(() => miniflare.getD1Database(id, STORAGE));
    },
    async run(name, form, bindings, preview) {
      const worker = await workerFrom(preview ?? name, form, bindings, preview !== null);
      for (const { type, bucket_name: bucket } of bindings)
        if (type === "r2_bucket" && typeof bucket === "string") buckets[bucket] = bucket;
      workers.set(preview ?? name, worker);
      await miniflare.setOptions(options());
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await miniflare.dispose();
    },
  };
}

/** Forwards a request. The Worker sees the host that the client asked for. */
function forward(incoming: IncomingMessage, response: ServerResponse, { hostname, port }: URL): void {
  const { method, headers, url: path } = incoming;
  const forwarded = { ...headers, "x-forwarded-proto": "https" };
  const onward = request({ hostname, port, method, path, headers: forwarded }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once("error", () => response.destroy());
  incoming.pipe(onward);
}

function sqlIn(open: () => Promise<D1Database>): Sql {
  const run: Sql["run"] = async (sql) => {
    const db = await open();
    const results = await db.batch(splitAsD1(sql).map((statement) => db.prepare(statement)));
    return results.map((one) => one.results);
  };
  return {
    run,
    load: async (sql) => void (await run(sql)),
    async dump() {
      const db = await open();
      const lines = await db.prepare("PRAGMA miniflare_d1_export(?,?,?);").bind(0, 0).raw();
      return z.array(z.array(z.unknown())).parse(lines)[0]?.join("\n") ?? "";
    },
  };
}

/** Makes bindings to Miniflare's services themselves, as a preview has them. */
function raw(resources: Readonly<Record<string, string>>, service: string) {
  const plugin = { package: join(import.meta.dirname, "raw-bindings.ts"), name: "raw" };
  return Object.entries(resources).map(([name, id]) => ({ name, type: "raw", plugin, options: { service, id } }));
}

/** Translates an upload for Miniflare, without assets: only the registry is tested here. */
async function workerFrom(
  name: string,
  form: FormData,
  bindings: readonly Binding[],
  isPreview: boolean,
): Promise<WorkerOptions> {
  const {
    main_module: main,
    compatibility_date,
    compatibility_flags,
  } = metadata.parse(JSON.parse(z.string().parse(form.get("metadata"))));
  const files = [...form.entries()].flatMap(([path, part]) => (typeof part === "string" ? [] : [{ path, part }]));
  const modules = await Promise.all(
    files
      .filter(({ part }) => part.type.startsWith("application/javascript"))
      .map(async ({ path, part }) => ({ type: "ESModule" as const, path: `/${path}`, contents: await part.text() })),
  );
  const named = (type: string, field: string): Record<string, string> =>
    Object.fromEntries(bindings.filter((one) => one.type === type).map((one) => [one.name, String(one[field])]));
  return {
    name,
    rootPath: "/",
    modules: modules.toSorted(({ path }) => (path === `/${main}` ? -1 : 1)),
    ...(compatibility_date !== undefined && { compatibilityDate: compatibility_date }),
    compatibilityFlags: compatibility_flags,
    ...(isPreview
      ? {
          unsafeBindings: [
            ...raw(named("d1", "id"), "d1:db:entry"),
            ...raw(named("r2_bucket", "bucket_name"), "r2:bucket:entry"),
          ],
        }
      : { d1Databases: named("d1", "id"), r2Buckets: named("r2_bucket", "bucket_name") }),
    queueProducers: named("queue", "queue_name"),
    durableObjects: Object.fromEntries(
      bindings
        .filter(({ type }) => type === "durable_object_namespace")
        .map((one) => [one.name, { className: String(one["class_name"]), useSQLite: true }]),
    ),
    bindings: {
      ...named("secret_text", "text"),
      ...named("plain_text", "text"),
      ...Object.fromEntries(
        bindings.filter(({ type }) => type === "json").map((one) => [one.name, Number(one["json"])]),
      ),
    },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
}

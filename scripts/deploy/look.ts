import * as z from "zod";
import type { Api } from "./api.ts";
import type { Installation } from "./installation.ts";

/** Codes for an absent resource: a Worker or subdomain, a database, a bucket. */
const NO_WORKER = 10007;
const NO_DATABASE = 7404;
const NO_BUCKET = 10006;

const bindings = z.looseObject({
  bindings: z
    .array(
      z.looseObject({
        type: z.string(),
        name: z.string(),
        id: z.string().optional(),
        database_id: z.string().optional(),
        bucket_name: z.string().optional(),
        class_name: z.string().optional(),
      }),
    )
    .default([]),
});
const names = z.array(z.looseObject({ name: z.string() }));
const database = z.looseObject({ uuid: z.string(), name: z.string() });
const queueList = z.array(
  z.looseObject({
    queue_name: z.string(),
    consumers: z
      .array(
        z.looseObject({
          script: z.string().nullish(),
          service: z.string().nullish(),
          script_name: z.string().nullish(),
        }),
      )
      .default([]),
  }),
);
const subdomain = z.looseObject({ subdomain: z.string() });

type Binding = z.infer<typeof bindings>["bindings"][number];

export interface FoundWorker {
  /** Names of its secrets. */
  readonly secrets: readonly string[];
  readonly bindings: readonly Binding[];
}

interface FoundQueue {
  readonly name: string;
  /** Names of the Workers that consume its messages. */
  readonly consumers: readonly string[];
}

/** Resources in the account under the installation's names. Null: there is none. */
export interface Found {
  readonly worker: FoundWorker | null;
  readonly databaseId: string | null;
  readonly hasBucket: boolean;
  readonly queues: readonly FoundQueue[];
  /** The account's name on workers.dev, if the installation is to use that. */
  readonly subdomain: string | null;
}

/** Looks at everything that a deployment will touch. It changes nothing. */
export async function look(api: Api, account: string, installation: Installation): Promise<Found> {
  const base = `/accounts/${account}`;
  const worker = await findWorker(api, account, installation.name);
  const found = await api.find(`${base}/d1/database/${encodeURIComponent(installation.database.name)}`, [NO_DATABASE]);
  const bucket = await api.find(`${base}/r2/buckets/${installation.bucket.name}`, [NO_BUCKET], {
    headers: inJurisdiction(installation.bucket.jurisdiction),
  });
  const queues: FoundQueue[] = [];
  for (const name of installation.queues) {
    const listed = queueList.parse(await api.call(`${base}/queues?page=1&name=${encodeURIComponent(name)}`));
    const queue = listed.find((one) => one.queue_name === name);
    if (queue !== undefined) queues.push({ name, consumers: queue.consumers.flatMap(consumerNames) });
  }
  const address = installation.isOnWorkersDev ? await api.find(`${base}/workers/subdomain`, [NO_WORKER]) : null;
  return {
    worker,
    databaseId: found === null ? null : database.parse(found).uuid,
    hasBucket: bucket !== null,
    queues,
    subdomain: address === null ? null : subdomain.parse(address).subdomain,
  };
}

/** Finds the Worker of this name; null only if Cloudflare says that there is none. */
export async function findWorker(api: Api, account: string, name: string): Promise<FoundWorker | null> {
  const script = `/accounts/${account}/workers/scripts/${name}`;
  const secrets = await api.find(`${script}/secrets`, [NO_WORKER]);
  if (secrets === null) return null;
  const settings = await api.find(`${script}/settings`, [NO_WORKER]);
  return {
    secrets: names.parse(secrets).map((one) => one.name),
    bindings: settings === null ? [] : bindings.parse(settings).bindings,
  };
}

/** Returns the header that addresses an R2 bucket in a jurisdiction. */
export function inJurisdiction(jurisdiction: string | undefined): Record<string, string> {
  return jurisdiction === undefined ? {} : { "cf-r2-jurisdiction": jurisdiction };
}

function consumerNames(consumer: z.infer<typeof queueList>[number]["consumers"][number]): readonly string[] {
  const name = consumer.script ?? consumer.service ?? consumer.script_name;
  return name === undefined || name === null ? [] : [name];
}

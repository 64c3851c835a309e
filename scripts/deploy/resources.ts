import * as z from "zod";
import { type Api, ApiFailure } from "./api.ts";
import type { Installation } from "./installation.ts";
import { type Found, inJurisdiction } from "./look.ts";

const made = z.looseObject({ uuid: z.string() });

/** Codes for a resource that somebody else made in the meantime: a queue, a database, a bucket. */
const THERE_ALREADY = new Set([11009, 7502, 10004]);

/**
 * Makes the queues, the bucket and the database that are missing. Returns the database's id, and the names of the new
 * resources.
 */
export async function makeResources(
  api: Api,
  account: string,
  installation: Installation,
  found: Found,
): Promise<{ readonly databaseId: string; readonly names: readonly string[] }> {
  const base = `/accounts/${account}`;
  const { database, bucket } = installation;
  const names: string[] = [];
  for (const queue of installation.queues.filter((name) => !found.queues.some((one) => one.name === name))) {
    await make(api, `${base}/queues`, { queue_name: queue });
    names.push(`queue ${queue}`);
  }
  if (!found.hasBucket) {
    await make(api, `${base}/r2/buckets`, { name: bucket.name }, inJurisdiction(bucket.jurisdiction));
    names.push(`bucket ${bucket.name}`);
  }
  if (found.databaseId !== null) return { databaseId: found.databaseId, names };
  const { jurisdiction } = database;
  await make(api, `${base}/d1/database`, { name: database.name, ...(jurisdiction !== undefined && { jurisdiction }) });
  names.push(`database ${database.name}`);
  const { uuid } = made.parse(await api.call(`${base}/d1/database/${encodeURIComponent(database.name)}`));
  return { databaseId: uuid, names };
}

async function make(api: Api, path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  try {
    await api.call(path, { method: "POST", body, headers });
  } catch (error) {
    if (!(error instanceof ApiFailure && error.codes.some((code) => THERE_ALREADY.has(code)))) throw error;
  }
}

import * as z from "zod";
import { type Api, ApiFailure } from "./api.ts";
import { query } from "./database.ts";
import { checkDomains } from "./domains.ts";
import { CLAIMS, claimantOf } from "./first-deploy.ts";
import type { Installation } from "./installation.ts";
import { type Found, type FoundWorker, inJurisdiction } from "./look.ts";
import { Problem } from "./problem.ts";
import { type KeptSecrets, SECRET_NAMES } from "./secrets-file.ts";

/** Secrets that a person may have put before the first deployment. */
const OUR_SECRETS: ReadonlySet<string> = new Set([...SECRET_NAMES, "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"]);

export interface Context {
  readonly api: Api;
  readonly account: string;
  readonly installation: Installation;
  readonly found: Found;
  readonly kept: KeptSecrets;
  /** `--adopt`: resources under our names are ours. */
  readonly adopt: boolean;
}

/**
 * The kind of a Worker with our name: a registry, a draft that `wrangler secret put` made before there was one, or
 * somebody else's.
 */
export type Kind = "registry" | "draft" | "foreign";

export function kindOf({ bindings, secrets }: FoundWorker): Kind {
  // If Cloudflare lists no bindings, a registry is recognized by the secrets that every registry has.
  if (bindings.length === 0 && SECRET_NAMES.every((name) => secrets.includes(name))) return "registry";
  if (bindings.some(({ type, class_name: name }) => type === "durable_object_namespace" && name === "UploadSession"))
    return "registry";
  const held = [...secrets, ...bindings.filter(({ type }) => type === "secret_text").map(({ name }) => name)];
  const isDraft = bindings.every(({ type }) => type === "secret_text") && held.every((name) => OUR_SECRETS.has(name));
  return isDraft && held.length > 0 ? "draft" : "foreign";
}

/** Ends the command if a deployment would fail, or would take over something that is not ours. It changes nothing. */
export async function check(context: Context): Promise<void> {
  const { account, installation, found } = context;
  checkSecretsFile(context);
  checkAddress(account, installation, found);
  checkQueues(installation, found);
  const { worker } = found;
  const kind = worker === null ? null : kindOf(worker);
  if (kind === "foreign")
    throw new Problem(
      `the account has a Worker "${installation.name}" already, which is not a Spacedock registry: deploying would replace it. ${anotherName(installation)}`,
    );
  if (worker !== null && kind === "registry") checkBindings(context, worker);
  else await checkLeftovers(context);
  await checkDomains(context);
}

function anotherName({ name }: Installation): string {
  return `Deploy under another name: npm run deploy -- --name ${name}-registry`;
}

function checkSecretsFile({ kept, account, installation }: Context): void {
  if (kept.account !== undefined && kept.account !== account)
    throw new Problem(
      `the secrets file belongs to the account ${kept.account}, and this is ${account}. Name another file with --secrets <file>, or set CLOUDFLARE_ACCOUNT_ID`,
    );
  if (kept.name !== undefined && kept.name !== installation.name)
    throw new Problem(
      `the secrets file belongs to the installation "${kept.name}", and this is "${installation.name}". Name another file with --secrets <file>`,
    );
}

function checkAddress(account: string, { isOnWorkersDev, ownAddress }: Installation, { subdomain }: Found): void {
  if (isOnWorkersDev && subdomain === null) {
    const orDomain =
      ownAddress === null
        ? "or give the registry a domain of yours with routes in wrangler.toml, and set workers_dev = false there"
        : "or set workers_dev = false in wrangler.toml, which names a domain of yours";
    throw new Problem(
      `the account has no workers.dev subdomain yet. Choose one at https://dash.cloudflare.com/${account}/workers/onboarding, ${orDomain}; then run the command again`,
    );
  }
  if (!isOnWorkersDev && ownAddress === null)
    throw new Problem(
      "the registry would have no address: set workers_dev = true in wrangler.toml, or name a domain with routes",
    );
}

function checkQueues(installation: Installation, { queues }: Found): void {
  for (const queue of queues) {
    const other = queue.consumers.find((consumer) => consumer !== installation.name);
    if (other !== undefined)
      throw new Problem(
        `the queue "${queue.name}" belongs to the Worker "${other}". ${anotherName(installation)}, which names its queues anew`,
      );
  }
}

/**
 * Ends the command if a registry's database or bucket is not the one that the configuration names: the registry would
 * come up empty.
 */
function checkBindings({ installation, found, adopt }: Context, { bindings }: FoundWorker): void {
  if (adopt) return;
  const database = bindings.find(({ type, name }) => type === "d1" && name === "DB");
  const databaseId = database?.id ?? database?.database_id;
  if (databaseId !== undefined && databaseId !== found.databaseId)
    throw new Problem(
      `the deployed registry keeps its rows in another database (${databaseId}) than the "${installation.database.name}" that wrangler.toml names${found.databaseId === null ? ", which does not exist" : ""}. Put the name back; or, if the registry is to go on with that one, add --adopt`,
    );
  const bucket = bindings.find(({ type, name }) => type === "r2_bucket" && name === "BLOBS")?.bucket_name;
  if (bucket !== undefined && bucket !== installation.bucket.name)
    throw new Problem(
      `the deployed registry keeps its bytes in the bucket "${bucket}", and wrangler.toml names "${installation.bucket.name}". Put the name back; or, if its objects are in the new bucket, add --adopt`,
    );
}

const tableRow = z.array(z.object({ name: z.string() }));
const TABLES =
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'";

/**
 * Checks resources with our names that exist without a registry. They are left from a deployment that was cut off, or
 * are somebody else's.
 */
async function checkLeftovers({ api, account, installation, found, kept, adopt }: Context): Promise<void> {
  if (found.databaseId !== null) {
    const tables = tableRow.parse(await query(api, account, found.databaseId, TABLES)).map(({ name }) => name);
    const claimant = tables.includes(CLAIMS) ? await claimantOf(api, account, found.databaseId) : null;
    const isOurs = claimant !== null && claimant.id === kept.firstDeploy;
    const others = tables.filter((name) => name !== CLAIMS);
    const isRegistry = ["d1_migrations", "spaces"].every((name) => others.includes(name));
    if (!isOurs && others.length > 0 && claimant === null && !(adopt && isRegistry))
      throw new Problem(
        `the account has a database "${installation.database.name}" with content, and no registry "${installation.name}". ` +
          (isRegistry
            ? `If it is this registry's, whose Worker was deleted, add --adopt. If it is another's: npm run deploy -- --name ${installation.name}-registry`
            : anotherName(installation)),
      );
    if (isOurs || others.length > 0) return;
  }
  if (found.hasBucket && kept.firstDeploy === undefined && !adopt) await checkBucket(api, account, installation);
}

/**
 * Checks a bucket that exists already. The registry deletes objects that no row points to, so it must not get a bucket
 * with somebody else's.
 */
async function checkBucket(api: Api, account: string, installation: Installation): Promise<void> {
  const { name, jurisdiction } = installation.bucket;
  const path = `/accounts/${account}/r2/buckets/${name}/objects?per_page=1`;
  try {
    const objects = z.array(z.unknown()).safeParse(await api.call(path, { headers: inJurisdiction(jurisdiction) }));
    if (!objects.success || objects.data.length === 0) return;
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    // Some logins may not list objects. An empty bucket is the usual case, for example one that was made with a
    // location of its own.
    console.log(`The bucket "${name}" is there already. Only a registry may use it: it deletes what it does not know.`);
    return;
  }
  throw new Problem(
    `the account has a bucket "${name}" with content, and no registry "${installation.name}": the registry would delete what it does not know. ${anotherName(installation)}; or, if it is this registry's bucket, add --adopt`,
  );
}

import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { experimental_readRawConfig as readRawConfig } from "wrangler";
import * as z from "zod";
import { Problem } from "./problem.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Matches names that Cloudflare accepts for a Worker, and for a bucket with something appended. */
const NAME = /^[a-z][a-z0-9-]{1,49}$/;

const route = z.union([
  z.string(),
  z.looseObject({
    pattern: z.string(),
    custom_domain: z.boolean().optional(),
    zone_name: z.string().optional(),
    zone_id: z.string().optional(),
  }),
]);

const raw = z.looseObject({
  name: z.string().default("spacedock"),
  account_id: z.string().optional(),
  compatibility_date: z.string(),
  main: z.string(),
  workers_dev: z.boolean().optional(),
  route: route.optional(),
  routes: z.array(route).optional(),
  vars: z.record(z.string(), z.unknown()).default({}),
  assets: z.looseObject({ directory: z.string() }),
  d1_databases: z.tuple([
    z.looseObject({
      database_name: z.string(),
      database_id: z.string().optional(),
      jurisdiction: z.string().optional(),
      migrations_dir: z.string(),
    }),
  ]),
  r2_buckets: z.tuple([z.looseObject({ bucket_name: z.string(), jurisdiction: z.string().optional() })]),
  queues: z.looseObject({
    producers: z.array(z.looseObject({ queue: z.string() })),
    consumers: z.array(z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() })),
  }),
});

type RawConfig = z.infer<typeof raw>;
type Route = z.infer<typeof route>;

/** A part of a domain that the configuration gives to the registry. */
export interface DomainRoute {
  readonly pattern: string;
  /** The host without its wildcards; null: the pattern is for any host. */
  readonly host: string | null;
  /** True if the whole host is the registry's, with the DNS records that it needs. */
  readonly isCustomDomain: boolean;
  readonly zoneId: string | undefined;
  readonly zoneName: string | undefined;
}

/** An installation as its configuration names it. */
export interface Installation {
  readonly name: string;
  readonly accountId: string | undefined;
  readonly database: { readonly name: string; readonly jurisdiction: string | undefined };
  readonly bucket: { readonly name: string; readonly jurisdiction: string | undefined };
  /** All queues, each once. */
  readonly queues: readonly string[];
  /** Names of the migrations in order, and their directory. */
  readonly migrations: readonly string[];
  readonly migrationsDirectory: string;
  readonly isOnWorkersDev: boolean;
  readonly routes: readonly DomainRoute[];
  /** The address that clients use, if the configuration states it. */
  readonly ownAddress: string | null;
  readonly config: RawConfig;
  /** The configuration's directory. */
  readonly directory: string;
}

/**
 * Reads the configuration from wrangler.toml, or from another file.
 * @param name a further installation: everything that wrangler.toml names after the first one gets this name instead.
 */
export function readInstallation(file = join(ROOT, "wrangler.toml"), name?: string): Installation {
  const parsed = raw.safeParse(readRawConfig({ config: file }).rawConfig);
  if (!parsed.success) throw new Problem(`${file} does not describe a registry: ${z.prettifyError(parsed.error)}`);
  const directory = dirname(resolve(file));
  const config = withAbsolutePaths(named(parsed.data, name), directory);
  if (!NAME.test(config.name))
    throw new Problem(`"${config.name}" cannot be an installation's name: take lower-case letters, digits and dashes`);
  const [database] = config.d1_databases;
  const [bucket] = config.r2_buckets;
  const routes = [...(config.routes ?? []), ...(config.route === undefined ? [] : [config.route])];
  return {
    name: config.name,
    accountId: config.account_id,
    database: { name: database.database_name, jurisdiction: database.jurisdiction },
    bucket: { name: bucket.bucket_name, jurisdiction: bucket.jurisdiction },
    queues: queuesOf(config),
    migrations: readdirSync(database.migrations_dir)
      .filter((one) => one.endsWith(".sql"))
      .toSorted(),
    migrationsDirectory: database.migrations_dir,
    isOnWorkersDev: config.workers_dev ?? routes.length === 0,
    routes: routes.map(domainRoute),
    ownAddress: ownAddress(config.vars["PUBLIC_URL"], routes.map(domainRoute)),
    config,
    directory,
  };
}

/** Settings of wrangler.toml that belong to one installation. */
const OWN_SETTINGS = new Set(["PUBLIC_URL", "R2_S3_URL", "ACCESS_AUD"]);

function named(config: RawConfig, name: string | undefined): RawConfig {
  if (name === undefined || name === config.name) return config;
  const rename = (one: string): string =>
    one.startsWith(config.name) ? `${name}${one.slice(config.name.length)}` : `${name}-${one}`;
  const [{ database_id: _, ...database }] = config.d1_databases;
  const [bucket] = config.r2_buckets;
  const { route: _route, routes: _routes, ...rest } = config;
  return {
    ...rest,
    name,
    workers_dev: true,
    vars: Object.fromEntries(Object.entries(config.vars).filter(([variable]) => !OWN_SETTINGS.has(variable))),
    d1_databases: [{ ...database, database_name: rename(database.database_name) }],
    r2_buckets: [{ ...bucket, bucket_name: rename(bucket.bucket_name) }],
    queues: {
      ...config.queues,
      producers: config.queues.producers.map((one) => ({ ...one, queue: rename(one.queue) })),
      consumers: config.queues.consumers.map((one) => ({
        ...one,
        queue: rename(one.queue),
        ...(one.dead_letter_queue !== undefined && { dead_letter_queue: rename(one.dead_letter_queue) }),
      })),
    },
  };
}

function withAbsolutePaths(config: RawConfig, base: string): RawConfig {
  const [database] = config.d1_databases;
  return {
    ...config,
    main: resolve(base, config.main),
    assets: { ...config.assets, directory: resolve(base, config.assets.directory) },
    d1_databases: [{ ...database, migrations_dir: resolve(base, database.migrations_dir) }],
  };
}

function queuesOf({ queues }: RawConfig): readonly string[] {
  const consumed = queues.consumers.flatMap(({ queue, dead_letter_queue: dead }) =>
    dead === undefined ? [queue] : [queue, dead],
  );
  return [...new Set([...queues.producers.map(({ queue }) => queue), ...consumed])];
}

function domainRoute(given: Route): DomainRoute {
  const one = typeof given === "string" ? { pattern: given } : given;
  return {
    pattern: one.pattern,
    // `*.example.com` and `*example.com` both belong to the zone example.com.
    host: hostIn(one.pattern).replaceAll(/\*\.?/g, "") || null,
    isCustomDomain: one.custom_domain === true,
    zoneId: one.zone_id,
    zoneName: one.zone_name,
  };
}

function ownAddress(publicUrl: unknown, routes: readonly DomainRoute[]): string | null {
  if (typeof publicUrl === "string") return new URL(publicUrl).origin;
  const exact = routes.filter(({ pattern }) => !hostIn(pattern).includes("*"));
  const domain = exact.find(({ isCustomDomain }) => isCustomDomain) ?? exact[0];
  return domain === undefined ? null : `https://${domain.host ?? ""}`;
}

function hostIn(pattern: string): string {
  const [host = ""] = pattern.replace(/^https?:\/\//, "").split("/");
  return host;
}

/**
 * Writes the configuration for wrangler: the same one, with the account, the database and, for the Worker, the
 * dead-letter queue's name.
 */
export function writeConfig(installation: Installation, account: string, databaseId: string): string {
  const { name, config, directory } = installation;
  const [database] = config.d1_databases;
  const dead = config.queues.consumers.find(({ dead_letter_queue: queue }) => queue !== undefined)?.dead_letter_queue;
  const file = join(directory, `.wrangler.${name}.json`);
  const content = {
    ...config,
    account_id: account,
    vars: { ...config.vars, ...(dead !== undefined && { DEAD_LETTER_QUEUE: dead }) },
    d1_databases: [{ ...database, database_id: databaseId }],
  };
  writeFileSync(`${file}.part`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.part`, file);
  return file;
}

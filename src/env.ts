import * as z from "zod";
import type { AccessSettings } from "./auth/access.ts";
import type { TokenRealm } from "./auth/tokens.ts";
import type { QueueMessage } from "./events/messages.ts";
import type { CollectionSettings } from "./upkeep/collect.ts";
import type { ScrubSettings } from "./upkeep/scrub.ts";
import type { CacheLimits } from "./storage/cache/cached-bytes.ts";
import type { S3Access } from "./storage/r2/presign.ts";
import type { UploadSession } from "./storage/uploads/upload-session.ts";

/** The bindings and settings of `wrangler.toml`. */
export interface Env {
  readonly DB: D1Database;
  readonly BLOBS: R2Bucket;
  readonly UPLOADS: DurableObjectNamespace<UploadSession>;
  readonly EVENTS: Queue<QueueMessage>;
  /** The console's files; absent in tests of the Worker alone. */
  readonly ASSETS?: Fetcher;
  /** The dataset that counts pulls; absent: pulls are not counted. */
  readonly PULLS?: AnalyticsEngineDataset;
  /** Limits failed logins by address; absent: there is no limit. */
  readonly LOGIN_FAILURES?: RateLimit;
  /** The management API's key. */
  readonly ADMIN_TOKEN: string;
  /** A JSON Web Key Set of private ES256 keys. */
  readonly SIGNING_KEYS: string;
  /** Any random text. It encrypts the secrets of targets. */
  readonly ENCRYPTION_KEY: string;
  /** `1`: targets may be on this machine, over plain http. Not for production. */
  readonly ALLOW_LOCAL_TARGETS?: string;
  /** Hours for which unneeded content is kept before it is collected. */
  readonly GC_GRACE_HOURS?: string | number;
  /**
   * Minutes for which an object without a row is left at least: longer than a push takes from the bytes to their row.
   */
  readonly ORPHAN_GRACE_MINUTES?: string | number;
  /** Days for which the content of deleted repositories is kept. */
  readonly KEEP_DELETED_DAYS?: string | number;
  /** Days for which events and ended deliveries are kept. 0: for ever. */
  readonly KEEP_EVENTS_DAYS?: string | number;
  /** MB that scrub reads in one run. 0: no scrub. */
  readonly SCRUB_MB_PER_RUN?: string | number;
  /**
   * Days for which bytes are kept after the last row that pointed to them: the time to which the database can be
   * restored.
   */
  readonly KEEP_BYTES_DAYS?: string | number;
  /** The most MB of a request's body: the limit of the zone's plan. 0, or absent: unknown. */
  readonly MAX_BODY_MB?: string | number;
  /**
   * Seconds for which a data centre remembers confirmed reads. A deletion or a revocation may go unnoticed there for as
   * long. 0: it remembers nothing.
   */
  readonly READ_MEMORY_SECONDS?: string | number;
  /** The most MB of an object that a data centre keeps a copy of. 0: none. */
  readonly CACHE_MB?: string | number;
  /** MB of an image that a pull of its manifest brings to the data centre ahead of the client. 0: none. */
  readonly WARM_MB?: string | number;
  /**
   * The bucket's address by S3's protocol; a key that reads it is set beside it. Clients are sent there for objects
   * that the cache does not take.
   */
  readonly R2_S3_URL?: string;
  readonly R2_ACCESS_KEY_ID?: string;
  readonly R2_SECRET_ACCESS_KEY?: string;
  /** The queue of messages that failed every time. `npm run deploy` sets it from the name in wrangler.toml. */
  readonly DEAD_LETTER_QUEUE?: string;
  /** The address that clients use, if it is not the one that requests name. */
  readonly PUBLIC_URL?: string;
  /**
   * Hosts that the registry answers under beside the one of PUBLIC_URL, divided by commas. Deliveries to them are
   * refused.
   */
  readonly OWN_HOSTS?: string;
  /** The team's domain in Cloudflare Access, if Access guards the console, like `acme.cloudflareaccess.com`. */
  readonly ACCESS_TEAM_DOMAIN?: string;
  /** The Access application's audience tag; several are divided by commas. */
  readonly ACCESS_AUD?: string;
  /** Administrators of the installation, divided by commas: e-mail addresses, and domains like `@example.com`. */
  readonly ACCESS_ADMINS?: string;
}

/** The most MB that the Cache API takes. */
const MAX_CACHE_MB = 512;

/** Reads a list divided by commas, in lower case. */
const listed = (entry: z.ZodString) =>
  z
    .string()
    .transform((text) =>
      text
        .toLowerCase()
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean),
    )
    .pipe(z.array(entry))
    .default([]);

const settingsSchema = z.object({
  ADMIN_TOKEN: z.string().min(1, "ADMIN_TOKEN is missing"),
  SIGNING_KEYS: z.string().min(1, "SIGNING_KEYS is missing"),
  ENCRYPTION_KEY: z.string().min(1, "ENCRYPTION_KEY is missing"),
  ALLOW_LOCAL_TARGETS: z.enum(["0", "1", ""]).optional(),
  GC_GRACE_HOURS: z.coerce.number().nonnegative().default(24),
  ORPHAN_GRACE_MINUTES: z.coerce.number().nonnegative().default(60),
  KEEP_DELETED_DAYS: z.coerce.number().nonnegative().default(7),
  KEEP_EVENTS_DAYS: z.coerce.number().nonnegative().default(400),
  SCRUB_MB_PER_RUN: z.coerce.number().nonnegative().default(256),
  KEEP_BYTES_DAYS: z.coerce.number().nonnegative().default(7),
  MAX_BODY_MB: z.coerce.number().nonnegative().default(0),
  READ_MEMORY_SECONDS: z.coerce.number().int().nonnegative().default(60),
  CACHE_MB: z.coerce.number().nonnegative().max(MAX_CACHE_MB).default(MAX_CACHE_MB),
  WARM_MB: z.coerce.number().nonnegative().default(100),
  DEAD_LETTER_QUEUE: z.string().default("spacedock-events-dead"),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  OWN_HOSTS: listed(
    z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d+)?$/, "hosts, as in registry.acme.workers.dev"),
  ),
  R2_S3_URL: z.url({ protocol: /^https?$/ }).optional(),
  R2_ACCESS_KEY_ID: z.string().min(1).optional(),
  R2_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  ACCESS_TEAM_DOMAIN: listed(z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, "as in acme.cloudflareaccess.com")).pipe(
    z.array(z.string()).max(1),
  ),
  ACCESS_AUD: listed(z.string().regex(/^[0-9a-f]{64}$/, "an audience tag has 64 hexadecimal digits")),
  ACCESS_ADMINS: listed(z.string().regex(/^[^@\s]*@[^@\s]+$/, "e-mail addresses, or domains as in @example.com")),
});

export type Settings = z.infer<typeof settingsSchema>;

let parsed: { readonly env: Env; readonly settings: Settings } | null = null;

/** Reads the settings, parsed once in an isolate's life. Throws if they are missing or malformed. */
export function settingsOf(env: Env): Settings {
  if (parsed?.env !== env) parsed = { env, settings: settingsSchema.parse(env) };
  return parsed.settings;
}

/** Returns the periods for which upkeep keeps content. */
export function collectionOf(settings: Settings): CollectionSettings {
  return {
    grace: settings.GC_GRACE_HOURS * 3_600_000,
    orphanGrace: settings.ORPHAN_GRACE_MINUTES * 60_000,
    keepDeleted: settings.KEEP_DELETED_DAYS * 86_400_000,
    keepBytes: settings.KEEP_BYTES_DAYS * 86_400_000,
  };
}

/**
 * Returns the milliseconds for which events and deliveries are kept; null: for ever. Undo reads events, so they are
 * kept at least as long as deleted content.
 */
export function keepEventsOf({ KEEP_EVENTS_DAYS, KEEP_DELETED_DAYS }: Settings): number | null {
  return KEEP_EVENTS_DAYS === 0 ? null : Math.max(KEEP_EVENTS_DAYS, KEEP_DELETED_DAYS) * 86_400_000;
}

/** Returns the amount of work of one scrub. */
export function scrubOf({ SCRUB_MB_PER_RUN }: Settings): ScrubSettings {
  return { bytesPerRun: SCRUB_MB_PER_RUN * 1_000_000 };
}

/** Returns the most bytes of a request's body; null: no limit is stated. Cloudflare counts in powers of ten. */
export function maxBodyOf({ MAX_BODY_MB }: Settings): number | null {
  return MAX_BODY_MB === 0 ? null : MAX_BODY_MB * 1_000_000;
}

/** Returns the limits on a data centre's copies. Cloudflare counts in powers of ten. */
export function cacheLimitsOf({ CACHE_MB, WARM_MB }: Settings): CacheLimits {
  return { maxBytes: CACHE_MB * 1_000_000, warmBytes: WARM_MB * 1_000_000 };
}

/**
 * Returns the way by which clients reach the bucket itself; null: there is none. Throws if only some of its settings
 * are there.
 */
export function s3AccessOf(settings: Settings): S3Access | null {
  const { R2_S3_URL: url, R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  if (url === undefined && accessKeyId === undefined && secretAccessKey === undefined) return null;
  if (url === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error("R2_S3_URL, R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY go together: set all of them, or none");
  }
  return { url, accessKeyId, secretAccessKey };
}

/** Returns the settings of Cloudflare Access; null: they are not set. Throws if only some of them are there. */
export function accessOf({ ACCESS_TEAM_DOMAIN, ACCESS_AUD, ACCESS_ADMINS }: Settings): AccessSettings | null {
  const [teamDomain] = ACCESS_TEAM_DOMAIN;
  const given = [ACCESS_TEAM_DOMAIN, ACCESS_AUD, ACCESS_ADMINS].filter((list) => list.length > 0);
  if (teamDomain === undefined && given.length === 0) return null;
  if (teamDomain === undefined || given.length < 3) {
    throw new Error("ACCESS_TEAM_DOMAIN, ACCESS_AUD and ACCESS_ADMINS belong together: set all or none of them");
  }
  return { teamDomain, audiences: ACCESS_AUD, admins: ACCESS_ADMINS };
}

/** Returns the hosts, with their ports, that the installation is known to answer under. */
export function ownHostsOf({ PUBLIC_URL, OWN_HOSTS }: Settings): readonly string[] {
  return PUBLIC_URL === undefined ? OWN_HOSTS : [new URL(PUBLIC_URL).host, ...OWN_HOSTS];
}

/** Returns the realm of this installation's tokens, by the address that the request used. */
export function realmOf(settings: Settings, requestUrl: URL): TokenRealm {
  const { origin, host } = settings.PUBLIC_URL === undefined ? requestUrl : new URL(settings.PUBLIC_URL);
  return { issuer: origin, service: host };
}

/** The composition root: makes stores and settings from the bindings, for requests, messages and upkeep. */
import type { Authenticator } from "./auth/authenticate.ts";
import { failedLogins } from "./auth/failed-logins.ts";
import { signIdentityToken, targetSubject } from "./auth/identity-token.ts";
import { signingKeys } from "./auth/keys.ts";
import type { Installation } from "./call.ts";
import {
  accessOf,
  cacheLimitsOf,
  collectionOf,
  type Env,
  keepEventsOf,
  maxBodyOf,
  ownHostsOf,
  realmOf,
  s3AccessOf,
  scrubOf,
  type Settings,
  settingsOf,
} from "./env.ts";
import { sweep } from "./events/process.ts";
import type { Delivering, Processing } from "./events/processing.ts";
import type { EventStores } from "./events/stores.ts";
import { cachedBytes } from "./storage/cache/cached-bytes.ts";
import {
  type FindHolders,
  forgettingBlobs,
  forgettingManifests,
  forgettingQuarantine,
} from "./storage/cache/forgetting.ts";
import { readMemory } from "./storage/cache/read-memory.ts";
import { d1Activity } from "./storage/d1/management/activity.ts";
import { d1Blobs } from "./storage/d1/registry/blobs.ts";
import { d1Collection } from "./storage/d1/upkeep/collection.ts";
import { d1Credentials } from "./storage/d1/registry/credentials.ts";
import { d1Damaged } from "./storage/d1/management/damaged.ts";
import { d1Deliveries } from "./storage/d1/events/deliveries.ts";
import { d1Deployed } from "./storage/d1/events/deployed.ts";
import { d1Directory } from "./storage/d1/management/repositories.ts";
import { d1EndedSessions } from "./storage/d1/management/ended-sessions.ts";
import { d1ManifestReports } from "./storage/d1/management/manifest-reports.ts";
import { d1Manifests } from "./storage/d1/registry/manifests.ts";
import { d1OpenUploads } from "./storage/d1/registry/open-uploads.ts";
import { d1Outbox } from "./storage/d1/events/outbox.ts";
import { d1PullTimes } from "./storage/d1/registry/pull-times.ts";
import { d1Forgetting } from "./storage/d1/upkeep/forgetting.ts";
import { d1Quarantine, findHolders } from "./storage/d1/upkeep/quarantine.ts";
import { d1Repositories } from "./storage/d1/registry/catalog.ts";
import { d1RetentionRules } from "./storage/d1/management/retention-rules.ts";
import { d1RetentionRuns } from "./storage/d1/upkeep/retention-runs.ts";
import { d1Retention } from "./storage/d1/management/retention.ts";
import { d1Spaces } from "./storage/d1/management/spaces.ts";
import { d1StorageDays } from "./storage/d1/management/storage-days.ts";
import { d1StorageReports } from "./storage/d1/management/storage-reports.ts";
import { d1TagDeletions } from "./storage/d1/management/tag-deletions.ts";
import { d1TagList } from "./storage/d1/management/tag-list.ts";
import { d1Tags } from "./storage/d1/registry/tags.ts";
import { d1Targets } from "./storage/d1/events/targets.ts";
import { d1Tokens } from "./storage/d1/management/tokens.ts";
import { d1Triggers } from "./storage/d1/events/triggers.ts";
import { d1Undo } from "./storage/d1/management/undo.ts";
import { databaseOf, spaceIn } from "./storage/databases.ts";
import { eventQueue } from "./storage/event-queue.ts";
import { loginLimit } from "./storage/login-limit.ts";
import { pullCounts } from "./storage/pull-counts.ts";
import { r2Bytes } from "./storage/r2/bytes.ts";
import { examineObject } from "./storage/r2/digest-object.ts";
import { presigner } from "./storage/r2/presign.ts";
import { r2Objects } from "./storage/r2/objects.ts";
import { readSmallObject } from "./storage/r2/small-object.ts";
import { secretBox } from "./storage/secret-box.ts";
import { sendOut } from "./storage/send-out.ts";
import { durableUploads } from "./storage/uploads/uploads.ts";
import { collectDeleted, collectUnneeded } from "./upkeep/collect.ts";
import { endDeadUploads, endUploads } from "./upkeep/end-uploads.ts";
import { forget } from "./upkeep/forget.ts";
import { noteStorage } from "./upkeep/note-storage.ts";
import { retain } from "./upkeep/retention.ts";
import { scrub, scrubObjects } from "./upkeep/scrub.ts";
import type { ScrubStores } from "./upkeep/scrub-stores.ts";
import type { UpkeepStores } from "./upkeep/stores.ts";

type Chore = () => Promise<unknown>;

/**
 * Returns the chores of each cron trigger of wrangler.toml. They take turns, so that each run makes at most the 50
 * queries that an invocation on the Free plan has.
 */
export function openTurns(env: Env, at: number): Readonly<Record<string, readonly Chore[]>> {
  const settings = settingsOf(env);
  const kept = collectionOf(settings);
  const upkeep = openUpkeep(env);
  const walks = upkeep.collection;
  return {
    "*/5 * * * *": [
      () => sweep(openProcessing(env)),
      () => collectDeleted(upkeep, kept, at),
      () => forget({ walks, forgetting: d1Forgetting(databaseOf(env, null)) }, keepEventsOf(settings), at),
      () => noteStorage(d1StorageDays(databaseOf(env, null)), at),
    ],
    "2-59/5 * * * *": [() => collectUnneeded(upkeep, kept, at), () => endUploads(openUploadsOf(env), at)],
    "4-59/5 * * * *": [
      () => retain({ walks, retention: d1RetentionRuns(databaseOf(env, null), kept.grace) }, at),
      () => d1EndedSessions(databaseOf(env, null)).forget(at),
      // Scrub comes last, since it may take long.
      () => scrub(openScrub(env), scrubOf(settings), at),
    ],
  };
}

export function openProcessing(env: Env): Processing {
  const settings = settingsOf(env);
  return {
    ...openDelivering(settings, ownHostsOf(settings)),
    stores: openEventStores(env, settings, databaseOf(env, null)),
    readConfig: (object) => readSmallObject(env.BLOBS, object),
  };
}

const now = (): Date => new Date();

function openDelivering(settings: Settings, ownHosts: readonly string[]): Delivering {
  const allowLocal = settings.ALLOW_LOCAL_TARGETS === "1";
  return {
    send: sendOut,
    rules: { allowLocal, ownHosts },
    now,
    async identityToken({ id }, { space, registry }, audience) {
      const issuer =
        settings.PUBLIC_URL === undefined ? originOf(registry, allowLocal) : new URL(settings.PUBLIC_URL).origin;
      const keys = await signingKeys(settings.SIGNING_KEYS);
      return signIdentityToken(keys, { issuer, subject: targetSubject(space, id), audience }, now());
    },
  };
}

/** Returns the registry's address as the pusher of an event used it. */
function originOf(host: string, allowLocal: boolean): string {
  const isLocal = allowLocal && /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(host);
  return `${isLocal ? "http" : "https"}://${host}`;
}

function openUpkeep(env: Env): UpkeepStores {
  return { collection: d1Collection(databaseOf(env, null)), objects: r2Objects(env.BLOBS) };
}

function openUploadsOf(env: Env) {
  return { openUploads: d1OpenUploads(databaseOf(env, null)), uploads: durableUploads(env.UPLOADS) };
}

function openScrub(env: Env): ScrubStores {
  return {
    walks: d1Collection(databaseOf(env, null)),
    quarantine: forgettingQuarantine(d1Quarantine(databaseOf(env, null)), caches.default),
    examine: (object) => examineObject(env.BLOBS, object),
  };
}

function holdersIn(env: Env): FindHolders {
  return (key) => findHolders(databaseOf(env, null), key);
}

function openEventStores(env: Env, settings: Settings, db: D1Database): EventStores {
  const box = secretBox(settings.ENCRYPTION_KEY);
  return {
    outbox: d1Outbox(db),
    targets: d1Targets(db, box),
    triggers: d1Triggers(db),
    deliveries: d1Deliveries(db, box),
    deployed: d1Deployed(db),
    queue: eventQueue(env.EVENTS),
  };
}

function consolePageOf({ ASSETS }: Env, url: URL): Installation["consolePage"] {
  return ASSETS === undefined ? null : () => ASSETS.fetch(new URL("/index.html", url));
}

export async function openInstallation(
  env: Env,
  url: URL,
  address: string | null,
  context: ExecutionContext,
): Promise<Installation> {
  const settings = settingsOf(env);
  const db = databaseOf(env, spaceIn(url));
  const keys = await signingKeys(settings.SIGNING_KEYS);
  const realm = realmOf(settings, url);
  const later = (work: Promise<unknown>): void => {
    context.waitUntil(work.catch((fault: unknown) => console.error(JSON.stringify({ later: String(fault) }))));
  };
  // A replica may lag, so it is not read if READ_MEMORY_SECONDS is 0: the installation wants no old answers.
  const replica = settings.READ_MEMORY_SECONDS > 0 ? db.withSession("first-unconstrained") : null;
  const credentials = d1Credentials(db, replica, later);
  const endedSessions = d1EndedSessions(db);
  const activity = d1Activity(db);
  const authenticator: Authenticator = {
    keys,
    realm,
    adminToken: settings.ADMIN_TOKEN,
    access: accessOf(settings),
    findCredential: (hash) => credentials.findByHash(hash),
    findCredentialById: (id) => credentials.findById(id),
    failedLogins: failedLogins(address, {
      mayFail: loginLimit(env.LOGIN_FAILURES),
      note: (network, attempts) => later(activity.noteFailedLogins({ network, attempts }, Date.now())),
    }),
    isSignedOut: (mark) => endedSessions.has(mark),
  };
  const access = s3AccessOf(settings);
  const presign = access && presigner(access);
  const events = openEventStores(env, settings, db);
  // If this send fails, the sweep tells the queue again.
  const announce = (ids: readonly string[]): void => later(events.queue.send(ids.map((id) => ({ kind: "event", id }))));
  const announcing = { registry: realm.service, announce };
  return {
    maxBody: maxBodyOf(settings),
    keys,
    realm,
    authenticator,
    consolePage: consolePageOf(env, url),
    later,
    stores: {
      bytes: cachedBytes(r2Bytes(env.BLOBS, later, presign), caches.default, later, cacheLimitsOf(settings)),
      blobs: forgettingBlobs(d1Blobs(db, replica), caches.default, holdersIn(env)),
      damage: {
        suspect: (object) => later(scrubObjects(openScrub(env), [{ ...object, damage: null }], Date.now())),
      },
      manifests: forgettingManifests(d1Manifests(db, replica, announcing), caches.default),
      memory: readMemory(caches.default, later, settings.READ_MEMORY_SECONDS),
      tags: d1Tags(db),
      pullTimes: d1PullTimes(db, later),
      pullCounts: pullCounts(env.PULLS, later),
      repositories: d1Repositories(db, replica),
      uploads: durableUploads(env.UPLOADS),
      openUploads: d1OpenUploads(db),
      credentials,
    },
    management: {
      spaces: d1Spaces(db),
      tokens: d1Tokens(db),
      endedSessions,
      directory: d1Directory(db),
      tags: d1TagList(db),
      deletions: d1TagDeletions(db, announcing),
      manifests: d1ManifestReports(db),
      storage: d1StorageReports(db, collectionOf(settings)),
      storageHistory: d1StorageDays(db),
      damaged: d1Damaged(db),
      retentionRules: d1RetentionRules(db),
      retention: d1Retention(db, collectionOf(settings).grace),
    },
    undo: d1Undo(db, announcing),
    activity,
    endDeadUploads: () => later(endDeadUploads(openUploadsOf(env), Date.now())),
    keepDeleted: collectionOf(settings).keepDeleted,
    events,
    delivering: openDelivering(settings, [...ownHostsOf(settings), url.host]),
  };
}

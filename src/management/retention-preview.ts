import type { SpaceGrant } from "../auth/space-grant.ts";
import {
  coverageOf,
  type Look,
  lookOn,
  type RetentionRule,
  type RetentionStore,
  type SeenManifest,
  type SeenTag,
} from "./retention.ts";

/** Repositories in one page. */
const REPOSITORIES = 50;

/** Tags, or manifests, that one query looks at; and queries for each of the two. */
const ROWS = 2000;
const LOOKS = 15;

/** Signatures of signatures of …: so often is it asked what belongs to what goes. */
const GENERATIONS = 3;

export interface RepositoryPreview {
  /** The path within the space. */
  readonly repository: string;
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
  /** That come back: of the manifests, and of blobs that nothing else needs. */
  readonly bytes: number;
  /** False where there is more than could be looked at. */
  readonly complete: boolean;
}

export interface RetentionPreview {
  /** Those that a rule covers, whether something goes there or not. */
  readonly repositories: readonly RepositoryPreview[];
  /** The path after which the next page begins; null on the last. */
  readonly next: string | null;
}

/** A rule that is not saved, and the id of one that it would stand for. */
export interface Proposal {
  readonly rule: Pick<RetentionRule, "repositories" | "keep"> | null;
  readonly replaces: string | null;
  /** As if the grace of all that is there had ended. */
  readonly graceIsOver?: boolean;
}

/** Finds what would go by the space's rules, and the one that is proposed. Throws SPACE_UNKNOWN. */
export async function previewRetention(
  store: RetentionStore,
  grant: SpaceGrant,
  { rule, replaces, graceIsOver = false }: Proposal,
  after: string | null,
  now: number,
): Promise<RetentionPreview> {
  const found = await store.ofSpace(grant, { limit: REPOSITORIES, last: after });
  const { entries, more } = found.repositories;
  const spaceId = entries[0]?.spaceId ?? 0;
  const proposed = rule === null ? [] : [{ ...rule, id: "", spaceId }];
  const rules = [...found.rules.filter(({ id }) => id !== replaces), ...proposed];
  const coverage = coverageOf(entries, rules);
  const seen = await seeAll(store, { coverage, after: "", now, graceIsOver });
  const pathOf = new Map(entries.map(({ id, path }) => [id, path]));
  const repositories = seen.repositories.map(({ id, ...one }) => ({ repository: pathOf.get(id) ?? "", ...one }));
  const last = seen.cut ? repositories.at(-1)?.repository : more ? entries.at(-1)?.path : undefined;
  return { repositories, next: last ?? null };
}

interface Seen {
  readonly repositories: readonly (Omit<RepositoryPreview, "repository"> & { readonly id: number })[];
  /** True if it ended before the last of the covered repositories. */
  readonly cut: boolean;
}

async function seeAll(store: RetentionStore, look: Look): Promise<Seen> {
  const { coverage } = look;
  if (coverage.ids.length === 0) return { repositories: [], cut: false };
  const tags = await see<SeenTag>(
    look,
    ({ name }) => name,
    (next) => store.tags(next, ROWS),
  );
  const manifests = await see<SeenManifest>(
    look,
    ({ digest }) => digest,
    (next) => store.manifests(next, ROWS),
  );
  const going = await withWhatBelongs(store, look, { tags: tags.going, manifests: manifests.going });
  const bytes = await store.bytesOfBlobs(going.manifests.map(({ id }) => id));
  const unfinished = [tags, manifests].map(({ unfinishedAt }) => coverage.ids.indexOf(unfinishedAt ?? -1));
  const end = Math.min(...unfinished.map((index) => (index < 0 ? coverage.ids.length : index)));
  // The first one that is not seen whole begins the next page; by itself it is shown as far as it was seen.
  const shown = coverage.ids.slice(0, Math.max(1, end));
  const repositories = shown.map((id, index) => {
    const gone = going.manifests.filter(({ repositoryId }) => repositoryId === id);
    return {
      id,
      tags: going.tags.filter(({ repositoryId }) => repositoryId === id),
      manifests: gone,
      bytes: gone.reduce((sum, { size }) => sum + size, bytes.get(id) ?? 0),
      complete: index < end,
    };
  });
  return { repositories, cut: shown.length < coverage.ids.length };
}

interface Going {
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
}

/** Tags that belong to a subject go by the walk after it, and with them what they alone hold. */
async function withWhatBelongs(store: RetentionStore, look: Look, first: Going): Promise<Going> {
  const tags = new Map(first.tags.map((tag) => [`${tag.repositoryId} ${tag.name}`, tag]));
  const manifests = new Map(first.manifests.map((manifest) => [manifest.id, manifest]));
  let newest = [...manifests.keys()];
  for (let generation = 0; generation < GENERATIONS && newest.length > 0; generation++) {
    const more = await store.orphaned(look, newest);
    for (const tag of more.tags) tags.set(`${tag.repositoryId} ${tag.name}`, tag);
    newest = more.manifests.map(({ id }) => id).filter((id) => !manifests.has(id));
    for (const manifest of more.manifests) manifests.set(manifest.id, manifest);
  }
  return { tags: [...tags.values()], manifests: [...manifests.values()] };
}

/** Looks until the end, or until that costs too much: then in `unfinishedAt`. */
async function see<T extends SeenTag | SeenManifest>(
  first: Look,
  keyOf: (seen: T) => string,
  next: (look: Look) => Promise<readonly T[]>,
): Promise<{ readonly going: readonly T[]; readonly unfinishedAt: number | null }> {
  const going: T[] = [];
  let look = first;
  for (let looks = 0; looks < LOOKS; looks++) {
    const seen = await next(look);
    going.push(...seen.filter(({ goes }) => goes));
    const last = seen.at(-1);
    if (last === undefined || seen.length < ROWS) return { going, unfinishedAt: null };
    look = lookOn(look, { repositoryId: last.repositoryId, after: keyOf(last) });
  }
  return { going, unfinishedAt: look.coverage.ids[0] ?? null };
}

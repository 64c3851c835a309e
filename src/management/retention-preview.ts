/**
 * What rules would delete, page by page. A page costs the same however much there is: it looks at so many tags and manifests
 * as the rules' patterns let it afford, and goes on where it ended, also in the middle of a repository.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import { textAfter } from "../oci/repository-pattern.ts";
import { placeAfter, type PreviewPlace, readPlace, writePlace } from "./preview-place.ts";
import {
  type Coverage,
  coverageOf,
  type KeptTogether,
  type Look,
  type RetentionRule,
  type RetentionStore,
  type SeenManifest,
  type SeenTag,
} from "./retention.ts";

/** Repositories in one page. */
const REPOSITORIES = 50;

/** Tags that a page looks through for the newest ones, in all of its repositories. */
const MOST_NEWEST = 5000;

/** Tags, or manifests, of one page: fewer, where each is compared with many or long patterns of tags. */
const MOST_ROWS = 500;
const LEAST_ROWS = 50;
const MOST_CHARACTERS = 600_000;

/** Signatures of signatures of …: so often is it asked what belongs to what goes. */
const GENERATIONS = 3;

export interface RepositoryPreview {
  /** The path within the space. */
  readonly repository: string;
  /** True if a page before has shown a part of it. */
  readonly isResumed: boolean;
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
  /** That come back: of the manifests, and of blobs that nothing else needs. */
  readonly bytes: number;
  /** False where the next page goes on with it, or it has what is too large to be judged. */
  readonly complete: boolean;
}

export interface RetentionPreview {
  /** Those that a rule covers, whether something goes there or not. */
  readonly repositories: readonly RepositoryPreview[];
  /** Where the next page begins; null on the last. */
  readonly next: string | null;
}

/** A rule that is not saved, and the id of one that it would stand for. */
export interface Proposal {
  readonly rule: Pick<RetentionRule, "repositories" | "keep"> | null;
  readonly replaces: string | null;
  /** As if the grace of all that is there had ended. */
  readonly graceIsOver?: boolean;
}

/** What would go by the space's rules, and the one that is proposed. Throws SPACE_UNKNOWN. */
export async function previewRetention(
  store: RetentionStore,
  grant: SpaceGrant,
  { rule, replaces, graceIsOver = false }: Proposal,
  cursor: string | null,
  now: number,
): Promise<RetentionPreview> {
  const place = readPlace(cursor);
  const found = await store.ofSpace(grant, place.isWithin ? place.path : textAfter(place.path), REPOSITORIES);
  const { entries, more } = found.repositories;
  const spaceId = entries[0]?.spaceId ?? 0;
  const proposed = rule === null ? [] : [{ ...rule, id: "", spaceId }];
  const rules = [...found.rules.filter(({ id }) => id !== replaces), ...proposed];
  const all = coverageOf(entries, rules);
  const coverage = affordable(all);
  const pathOf = (id: number | undefined): string => entries.find((entry) => entry.id === id)?.path ?? "";
  const [first] = coverage.ids;
  // The repository in which it was to go on may be gone.
  const begin = place.isWithin && pathOf(first) === place.path ? place : placeAfter("");
  const seen = await see(store, { coverage, after: "", now, graceIsOver }, begin);
  const repositories = seen.repositories.map(({ id, ...one }) => ({ repository: pathOf(id), ...one }));
  const last = repositories.at(-1)?.repository ?? "";
  if (seen.within !== null) return { repositories, next: writePlace({ ...seen.within, path: last, isWithin: true }) };
  const isCut = repositories.length < all.ids.length;
  const end = isCut ? last : more ? entries.at(-1)?.path : undefined;
  return { repositories, next: end === undefined ? null : writePlace(placeAfter(end)) };
}

/** As many repositories as it can find the newest tags in, and one at least. */
function affordable({ ids, pairs, keeps }: Coverage): Coverage {
  const newest = Math.max(1, ...keeps.map((keep) => keep.newest ?? 0));
  const count = Math.max(1, Math.floor(MOST_NEWEST / newest));
  return { ids: ids.slice(0, count), pairs: pairs.slice(0, count), keeps };
}

function rowsFor({ keeps }: Coverage): number {
  const characters = Math.max(1, ...keeps.map(charactersOf));
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.floor(MOST_CHARACTERS / characters)));
}

function charactersOf({ tags }: KeptTogether): number {
  return tags.flat().reduce((sum, pattern) => sum + pattern.length, 0);
}

interface Seen {
  readonly repositories: readonly (Omit<RepositoryPreview, "repository"> & { readonly id: number })[];
  /** Where in the last of them it ended; null: after it. */
  readonly within: Pick<PreviewPlace, "tag" | "digest" | "isCut"> | null;
}

async function see(store: RetentionStore, look: Look, begin: PreviewPlace): Promise<Seen> {
  const { ids } = look.coverage;
  if (ids.length === 0) return { repositories: [], within: null };
  const rows = rowsFor(look.coverage);
  const tags = await store.tags({ ...look, after: begin.tag }, rows);
  const manifests = judged(await store.manifests({ ...look, after: begin.digest }, rows), rows);
  const goingTags = tags.filter(({ goes }) => goes);
  const going = await withWhatBelongs(store, look, { tags: goingTags, manifests: manifests.going }, rows);
  const bytes = await store.bytesOfBlobs(going.manifests.map(({ id }) => id));
  const lastTag = tags.length < rows ? undefined : tags.at(-1);
  const ends = [lastTag, manifests.last].map((last) =>
    last === undefined ? ids.length : ids.indexOf(last.repositoryId),
  );
  const end = Math.min(...ends);
  // The first one that is not seen whole begins the next page; by itself it is shown as far as it was seen.
  const shown = ids.slice(0, Math.max(1, end));
  const [first] = ids;
  const isLeftOut = (id: number): boolean => going.isCut || manifests.tooLarge === id || (id === first && begin.isCut);
  const repositories = shown.map((id, index) => {
    const gone = going.manifests.filter(({ repositoryId }) => repositoryId === id);
    return {
      id,
      isResumed: index === 0 && begin.isWithin,
      tags: going.tags.filter(({ repositoryId }) => repositoryId === id),
      manifests: gone,
      bytes: gone.reduce((sum, { size }) => sum + size, bytes.get(id) ?? 0),
      complete: index < end && !isLeftOut(id),
    };
  });
  if (end > 0 || first === undefined) return { repositories, within: null };
  const within = {
    tag: lastTag?.repositoryId === first ? lastTag.name : null,
    digest: manifests.last?.repositoryId === first ? manifests.last.digest : null,
  };
  return { repositories, within: { ...placeAfter("", within), isCut: isLeftOut(first) } };
}

interface Judged {
  readonly going: readonly SeenManifest[];
  /** The last one that was seen, where there may be more. */
  readonly last: SeenManifest | undefined;
  /** The repository of one that costs too much even by itself: it is passed over. */
  readonly tooLarge: number | null;
}

function judged(seen: readonly SeenManifest[], rows: number): Judged {
  const count = seen.findIndex(({ goes }) => goes === null);
  if (count === -1) {
    return {
      going: seen.filter(({ goes }) => goes),
      last: seen.length < rows ? undefined : seen.at(-1),
      tooLarge: null,
    };
  }
  const last = seen[Math.max(0, count - 1)];
  const tooLarge = count === 0 ? (last?.repositoryId ?? null) : null;
  return { going: seen.slice(0, count).filter(({ goes }) => goes), last, tooLarge };
}

interface Going {
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
}

/** Tags that belong to a subject go by the walk after it, and with them what they alone hold. */
async function withWhatBelongs(
  store: RetentionStore,
  look: Look,
  first: Going,
  rows: number,
): Promise<Going & { readonly isCut: boolean }> {
  const tags = new Map(first.tags.map((tag) => [`${tag.repositoryId} ${tag.name}`, tag]));
  const manifests = new Map(first.manifests.map((manifest) => [manifest.id, manifest]));
  let newest = [...manifests.keys()];
  let isCut = false;
  for (let generation = 0; generation < GENERATIONS && newest.length > 0; generation++) {
    const more = await store.orphaned(look, newest, rows);
    isCut ||= more.isCut;
    for (const tag of more.tags) tags.set(`${tag.repositoryId} ${tag.name}`, tag);
    newest = more.manifests.map(({ id }) => id).filter((id) => !manifests.has(id));
    for (const manifest of more.manifests) manifests.set(manifest.id, manifest);
  }
  return { tags: [...tags.values()], manifests: [...manifests.values()], isCut };
}

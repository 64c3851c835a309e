/**
 * Previews the deletions of retention rules, page by page. A page costs the same however much there is: it looks at as
 * many tags and manifests as the rules' patterns let it afford. The next page goes on where it ended, even in the
 * middle of a repository.
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

/** The most repositories in one page. */
const REPOSITORIES = 50;

/** The most tags that a page reads to find the newest ones, in all of its repositories. */
const MOST_NEWEST = 5000;

/**
 * The most tags, and the most manifests, of one page. It has fewer if each is compared with many or long patterns of
 * tags.
 */
const MOST_ROWS = 500;
const LEAST_ROWS = 50;
const MOST_CHARACTERS = 600_000;

/**
 * The number of rounds in which a preview looks for tags that belong to deleted manifests, such as signatures of
 * signatures.
 */
const GENERATIONS = 3;

export interface RepositoryPreview {
  /** The path within the space. */
  readonly repository: string;
  /** True if an earlier page showed a part of it. */
  readonly isResumed: boolean;
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
  /** Bytes that the deletion frees: of the manifests, and of blobs that no other content needs. */
  readonly bytes: number;
  /** False if the next page goes on with it, or if it has content too large to judge. */
  readonly complete: boolean;
}

export interface RetentionPreview {
  /** Repositories that a rule covers, also those in which nothing goes. */
  readonly repositories: readonly RepositoryPreview[];
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/** An unsaved rule, and the id of the rule that it would replace. */
export interface Proposal {
  readonly rule: Pick<RetentionRule, "repositories" | "keep"> | null;
  readonly replaces: string | null;
  /** Judges as if the grace of everything had ended. */
  readonly graceIsOver?: boolean;
}

/** Previews the deletions by the space's rules and the proposed one. Throws SPACE_UNKNOWN. */
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
  // The repository to go on with may have been deleted.
  const begin = place.isWithin && pathOf(first) === place.path ? place : placeAfter("");
  const seen = await see(store, { coverage, after: "", now, graceIsOver }, begin);
  const repositories = seen.repositories.map(({ id, ...one }) => ({ repository: pathOf(id), ...one }));
  const last = repositories.at(-1)?.repository ?? "";
  if (seen.within !== null) return { repositories, next: writePlace({ ...seen.within, path: last, isWithin: true }) };
  const isCut = repositories.length < all.ids.length;
  const end = isCut ? last : more ? entries.at(-1)?.path : undefined;
  return { repositories, next: end === undefined ? null : writePlace(placeAfter(end)) };
}

/** Takes as many repositories as a page can find the newest tags in, and one at least. */
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
  /** The place at which the last repository ended; null: after it. */
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
  // The first repository that is not seen whole begins the next page. If it is the only one, it is shown as far as it
  // was seen.
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
  /** The last one that was seen, if there may be more. */
  readonly last: SeenManifest | undefined;
  /** The repository of a manifest that is too expensive even alone; the preview passes it over. */
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

/**
 * Adds the tags that belong to a deleted manifest, and the content that only those tags hold. Upkeep deletes these in
 * the walk after the one that deletes the manifest.
 */
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

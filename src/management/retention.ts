/**
 * Retention: the tags and manifests that a space's rules keep. A repository that no rule covers keeps all. Times are
 * milliseconds since the epoch.
 */
import * as z from "zod";
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import { idlePatterns, matchesRepository, repositoryPatterns } from "../oci/repository-pattern.ts";
import { tagPatterns } from "../oci/tag-patterns.ts";

/** The most rules of one space: more than anybody understands. The limit also bounds the cost of a look at them. */
export const MAX_RULES = 20;

/**
 * The most patterns of either kind in one rule. A step of upkeep judges by the rules of fifty spaces at once, in one
 * parameter of 2 MB.
 */
const MAX_PATTERNS = 20;

/** The largest number of newest tags that a rule may keep. It bounds the cost of finding them. */
const MAX_NEWEST = 1000;
const MAX_DAYS = 3650;

/** The most digests that count as previously deployed for a target and repository, beside the deployed one. */
export const MAX_PREVIOUSLY_DEPLOYED = 100;

/** The number of previously deployed digests if no rule sets it. */
export const PREVIOUSLY_DEPLOYED = 1;

const days = z.int().min(0).max(MAX_DAYS);

/** Conditions under which a rule keeps content. One that holds is enough. */
export const retentionKeep = z.strictObject({
  newest: z.int().min(0).max(MAX_NEWEST).optional().meta({
    description: "Keep this many of the most recently pushed tags in each repository. Tags of signatures do not count.",
  }),
  newerThanDays: days.optional().meta({ description: "Keep what was pushed within this many days." }),
  pulledWithinDays: days.optional().meta({ description: "Keep what was pulled or pushed within this many days." }),
  tags: tagPatterns.min(1, "give at least one pattern").max(MAX_PATTERNS).optional(),
  previouslyDeployed: z.int().min(0).max(MAX_PREVIOUSLY_DEPLOYED).default(PREVIOUSLY_DEPLOYED).meta({
    description:
      "What each deploying target received last from a repository is always kept. Keep this many earlier digests as well.",
  }),
});

export type RetentionKeep = z.output<typeof retentionKeep>;

/** The repositories of a rule. It refuses patterns that cannot match any. */
export const retentionRepositories = repositoryPatterns
  .unwrap()
  .max(MAX_PATTERNS)
  .superRefine((patterns, context) => {
    for (const pattern of idlePatterns(patterns)) {
      const path = [patterns.indexOf(pattern)];
      context.addIssue({
        code: "custom",
        path,
        message: `no repository can match ${pattern}: correct it or leave it out`,
      });
    }
  })
  .meta(repositoryPatterns.meta() ?? {});

/** True if a rule keeps only the content that stays in any case. */
export function keepsNothing({ newest, newerThanDays, pulledWithinDays, tags }: RetentionKeep): boolean {
  return tags === undefined && [newest, newerThanDays, pulledWithinDays].every((value) => (value ?? 0) === 0);
}

export interface RetentionRule {
  readonly id: string;
  readonly name: string;
  /** Patterns over paths within the space. */
  readonly repositories: readonly string[];
  readonly keep: RetentionKeep;
  readonly enabled: boolean;
  readonly createdAt: number;
}

/** The rules of spaces. Each method throws SPACE_UNKNOWN or TOKEN_INVALID if the grant no longer holds. */
export interface RetentionRuleStore {
  /** Saves a rule. Returns false if the space has {@link MAX_RULES} already. */
  create(grant: SpaceGrant, rule: RetentionRule): Promise<boolean>;
  find(grant: SpaceGrant, id: string): Promise<RetentionRule | null>;
  /** Lists the rules, ordered by id. */
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<RetentionRule>>;
  /** Replaces everything but `createdAt`. Returns false if no rule has the id. */
  update(grant: SpaceGrant, rule: RetentionRule): Promise<boolean>;
  delete(grant: SpaceGrant, id: string): Promise<boolean>;
}

/** A repository that rules may cover. */
export interface CoverableRepository {
  readonly id: number;
  readonly spaceId: number;
  readonly path: string;
}

/** The repositories that rules cover, in the given order, and the content that the rules keep in them. */
export interface Coverage {
  /** The repositories that at least one rule covers. */
  readonly ids: readonly number[];
  /** A pair for each of `ids`: the repository's id, and the index in `keeps` of its conditions. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly keeps: readonly KeptTogether[];
}

/** The conditions of several rules together: the largest number of each kind, and the tag patterns of each rule. */
export interface KeptTogether extends Omit<RetentionKeep, "tags"> {
  readonly tags: readonly (readonly string[])[];
}

export type CoveringRule = Pick<RetentionRule, "id" | "repositories" | "keep"> & { readonly spaceId: number };

/**
 * Finds the rules that cover each repository, and leaves out those without a rule. Repositories under the same rules
 * share an entry of `keeps`.
 */
export function coverageOf(repositories: readonly CoverableRepository[], rules: readonly CoveringRule[]): Coverage {
  const places = new Map<string, number>();
  const keeps: KeptTogether[] = [];
  const pairs: (readonly [number, number])[] = [];
  for (const { id, spaceId, path } of repositories) {
    const covering = rules.flatMap((rule, index) =>
      rule.spaceId === spaceId && matchesRepository(rule.repositories, path) ? [index] : [],
    );
    if (covering.length === 0) continue;
    const key = covering.join();
    const place = places.get(key) ?? keeps.push(together(covering.flatMap((index) => rules[index]?.keep ?? []))) - 1;
    places.set(key, place);
    pairs.push([id, place]);
  }
  return { ids: pairs.map(([id]) => id), pairs, keeps };
}

function together(keeps: readonly RetentionKeep[]): KeptTogether {
  const most = (of: (keep: RetentionKeep) => number | undefined): number | undefined => {
    const given = keeps.flatMap((keep) => of(keep) ?? []);
    return given.length === 0 ? undefined : Math.max(...given);
  };
  return {
    newest: most(({ newest }) => newest),
    newerThanDays: most(({ newerThanDays }) => newerThanDays),
    pulledWithinDays: most(({ pulledWithinDays }) => pulledWithinDays),
    previouslyDeployed: most(({ previouslyDeployed }) => previouslyDeployed) ?? 0,
    tags: keeps.flatMap(({ tags }) => (tags === undefined ? [] : [tags])),
  };
}

/**
 * A walk over the tags or manifests of the covered repositories. `after` is a tag's name or a digest in the first one.
 */
export interface Look {
  readonly coverage: Coverage;
  readonly after: string;
  readonly now: number;
  /** Judges as if nothing were too young. */
  readonly graceIsOver?: boolean;
}

export interface SeenTag {
  readonly repositoryId: number;
  readonly name: string;
  readonly goes: boolean;
}

export interface SeenManifest {
  readonly id: number;
  readonly repositoryId: number;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Null: too expensive to judge in the same query as those before it. */
  readonly goes: boolean | null;
}

interface Orphaned {
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
  /** True if there is more than the limit allowed to judge. */
  readonly isCut: boolean;
}

/** Judges content by rules. The same conditions decide a deletion and its preview. */
export interface RetentionStore {
  /**
   * Finds a space's repositories from this path on, in their order, and its rules that are switched on. Throws
   * SPACE_UNKNOWN.
   */
  ofSpace(
    grant: SpaceGrant,
    from: string,
    limit: number,
  ): Promise<{ readonly repositories: Page<CoverableRepository>; readonly rules: readonly CoveringRule[] }>;
  /** Judges the next tags, ordered by name within their repository. */
  tags(look: Look, limit: number): Promise<readonly SeenTag[]>;
  /**
   * Judges the next manifests, ordered by digest, as if the tags that go were gone already. It bounds the number of
   * tags that this may cost.
   */
  manifests(look: Look, limit: number): Promise<readonly SeenManifest[]>;
  /**
   * Finds the content that goes once these manifests are gone: the tags that belong to them, like cosign's signatures,
   * and the manifests that only those tags hold.
   */
  orphaned(look: Look, manifestIds: readonly number[], limit: number): Promise<Orphaned>;
  /** Sums, for each repository, the bytes of blobs that only these manifests need and no other repository links. */
  bytesOfBlobs(manifestIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
}

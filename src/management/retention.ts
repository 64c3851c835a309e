/** Retention: which tags and manifests a space's rules keep. Off where no rule covers a repository. Times are milliseconds since the epoch. */
import { z } from "zod";
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";
import { idlePatterns, matchesRepository, repositoryPatterns } from "../oci/repository-pattern.ts";
import { tagPatterns } from "../oci/tag-patterns.ts";

/** Rules of one space: more than anybody understands, and it bounds what a look at them costs. */
export const MAX_RULES = 20;

/** Of either kind, in one rule: a step of upkeep judges by the rules of fifty spaces at once, in one parameter of 2 MB. */
const MAX_PATTERNS = 20;

/** It bounds what finding the newest costs. */
const MAX_NEWEST = 1000;
const MAX_DAYS = 3650;

/** The most digests that count for a target and repository, beside what is deployed. */
export const MAX_PREVIOUSLY_DEPLOYED = 100;

/** So many count where no rule says. */
export const PREVIOUSLY_DEPLOYED = 1;

const days = z.int().min(0).max(MAX_DAYS);

/** What a rule keeps: whatever any of the conditions holds for. */
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

/** The repositories of a rule: refuses patterns that can match none. */
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

/** True if nothing but what is kept in any case would stay. */
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

/** Each method throws SPACE_UNKNOWN or TOKEN_INVALID where the grant no longer holds. */
export interface RetentionRuleStore {
  /** False when the space has {@link MAX_RULES} of them. */
  create(grant: SpaceGrant, rule: RetentionRule): Promise<boolean>;
  find(grant: SpaceGrant, id: string): Promise<RetentionRule | null>;
  /** Ordered by id. */
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<RetentionRule>>;
  /** All of it but `createdAt` is replaced. False when there is no rule with its id. */
  update(grant: SpaceGrant, rule: RetentionRule): Promise<boolean>;
  delete(grant: SpaceGrant, id: string): Promise<boolean>;
}

/** A repository that rules may cover. */
export interface CoverableRepository {
  readonly id: number;
  readonly spaceId: number;
  readonly path: string;
}

/** What rules make of repositories, in the order in which these were given. */
export interface Coverage {
  /** The repositories that a rule covers at least. */
  readonly ids: readonly number[];
  /** A repository's id, and the place in `keeps` of what its rules keep: one pair for each of `ids`. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly keeps: readonly KeptTogether[];
}

/** What several rules keep together: the most that any of them does, and what the patterns of each name. */
export interface KeptTogether extends Omit<RetentionKeep, "tags"> {
  readonly tags: readonly (readonly string[])[];
}

export type CoveringRule = Pick<RetentionRule, "id" | "repositories" | "keep"> & { readonly spaceId: number };

/** Which of the rules cover which repository: one without a rule is untouched. Repositories under the same rules share what these keep. */
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

/** A walk over tags or manifests of the covered repositories: what comes after a tag's name, or a digest, in the first of them. */
export interface Look {
  readonly coverage: Coverage;
  readonly after: string;
  readonly now: number;
  /** As if nothing were too young to be judged. */
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
  /** Null: judging it, after those before it, costs too much at once. */
  readonly goes: boolean | null;
}

interface Orphaned {
  readonly tags: readonly SeenTag[];
  readonly manifests: readonly SeenManifest[];
  /** True if there is more than the limit let be judged. */
  readonly isCut: boolean;
}

/** How rules judge what there is. What goes, and what is only shown to go, is decided by the same conditions. */
export interface RetentionStore {
  /** A space's repositories from this path on, in their order, with its rules that are switched on. Throws SPACE_UNKNOWN. */
  ofSpace(
    grant: SpaceGrant,
    from: string,
    limit: number,
  ): Promise<{ readonly repositories: Page<CoverableRepository>; readonly rules: readonly CoveringRule[] }>;
  /** The next tags, ordered by name within their repository. */
  tags(look: Look, limit: number): Promise<readonly SeenTag[]>;
  /** The next manifests, ordered by digest; judged as if the tags that go were gone, as long as that costs no more than so many tags. */
  manifests(look: Look, limit: number): Promise<readonly SeenManifest[]>;
  /** What goes once these manifests are gone: the tags that belong to them, as cosign's signatures, and what those alone hold. */
  orphaned(look: Look, manifestIds: readonly number[], limit: number): Promise<Orphaned>;
  /** By repository: the bytes of blobs that only these manifests need, and that no other repository links. */
  bytesOfBlobs(manifestIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
}

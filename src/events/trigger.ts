import * as z from "zod";
import { parseRepositoryName } from "../oci/name.ts";
import { givenRepositoryPatterns, matchesRepository, repositoryPatterns } from "../oci/repository-pattern.ts";
import { EVENT_TYPES, type EventType, TAG_SETS } from "./event.ts";
import { compileRegex } from "./linear-regex.ts";
import { RuleError } from "./rule-error.ts";
import {
  compileTagRule,
  isTagGlob,
  MAX_TAG_GLOB,
  ORDERS,
  PATTERN_TYPES,
  PRERELEASE_RULES,
  TAG_RULE_TYPES,
  type TagRule,
} from "./tag-rule.ts";

/** Entries of any list: more than anybody needs, and a bound on the cost of matching. */
const MAX_ENTRIES = 100;

/** Characters of a regex at most. */
const MAX_VALUE = 200;

const tagRuleFields = z.strictObject({
  type: z.enum(TAG_RULE_TYPES).meta({
    description:
      "How `value` is read. `semver`: a range as npm has it, as in `^1.2` or `>=1.0 <2.0`. `nuget`: a range as Octopus channels have it, as in `[1.0,2.0)`. " +
      "Both read tags of one to four numbers, with or without a `v`. `regex`: matches anywhere unless anchored; named groups, as in `^(?<year>\\d{4})-(?<week>\\d+)$`, say what tags are ordered by. `glob`: `*` any characters, `?` any one. `exact`: the tag's name.",
  }),
  value: z.string().min(1).max(MAX_VALUE),
  strict: z.boolean().optional().meta({
    description:
      "For `semver` and `nuget`: accept only versions of three numbers, so that dates and build numbers do not count.",
  }),
  pattern: z
    .strictObject({ type: z.enum(PATTERN_TYPES), value: z.string().min(1).max(MAX_VALUE) })
    .optional()
    .meta({
      description: "For `semver` and `nuget`: a pattern that a tag must match besides the range.",
      examples: [{ type: "glob", value: "v*" }],
    }),
  prerelease: z.enum(PRERELEASE_RULES).optional().meta({
    description:
      "For `semver` and `nuget`; the others ignore it. By default `any` if the range itself names a prerelease, for example `>=1.0-rc.1`, otherwise `none`.",
  }),
  prereleaseRegex: z.string().max(MAX_VALUE).optional().meta({
    description:
      "With `prerelease` `regex`. As in an Octopus channel, it must match the prerelease, which is empty for a release: `^rc` takes release candidates only, `^(rc|$)` releases as well.",
  }),
  exclude: z
    .array(z.string().max(MAX_TAG_GLOB).refine(isTagGlob, "the name of a tag, or a glob of its characters, * and ?"))
    .max(MAX_ENTRIES)
    .optional()
    .meta({ description: "Names or globs of tags that never match.", examples: [["latest"]] }),
  onlyIfNewer: z.boolean().optional().meta({
    description:
      "Fire only for a tag above all others in the repository that match the rule, by version or by a regex's named groups. At delivery, the target must not have received a higher one, unless it only notifies.",
  }),
  order: z.enum(ORDERS).optional().meta({
    description: "With `onlyIfNewer`: `pushed` orders tags by push time, for tags that are not versions.",
  }),
});

type TagRuleInput = z.output<typeof tagRuleFields>;

const RANGES: ReadonlySet<TagRule["type"]> = new Set(["semver", "nuget"]);

/** Checks of a well-formed rule, each with the field to correct. The first problem is enough. */
const TAG_RULE_CHECKS: readonly {
  field: keyof TagRule;
  problem: (rule: TagRuleInput) => string | null;
}[] = [
  {
    field: "prereleaseRegex",
    problem: ({ prerelease, prereleaseRegex }) =>
      (prerelease === "regex") === (prereleaseRegex !== undefined)
        ? null
        : 'prereleaseRegex goes with "prerelease": "regex", and only with it',
  },
  { field: "prereleaseRegex", problem: ({ prereleaseRegex }) => problemOf(() => compileRegex(prereleaseRegex ?? "")) },
  {
    field: "strict",
    problem: ({ strict, type }) =>
      strict === undefined || RANGES.has(type) ? null : "strict needs the type semver or nuget",
  },
  {
    field: "pattern",
    problem: ({ pattern, type }) =>
      pattern === undefined || RANGES.has(type)
        ? null
        : "pattern needs the type semver or nuget; with this type, value is the pattern",
  },
  {
    field: "pattern",
    problem: ({ pattern }) => (pattern === undefined ? null : problemOf(() => compileTagRule(pattern))),
  },
  { field: "value", problem: (rule) => problemOf(() => compileTagRule(rule)) },
  {
    field: "order",
    problem: ({ order, onlyIfNewer }) =>
      order === undefined || onlyIfNewer === true ? null : 'order goes with "onlyIfNewer": true, and only with it',
  },
  {
    field: "onlyIfNewer",
    problem: (rule) =>
      rule.onlyIfNewer && rule.order !== "pushed" && compileTagRule(rule).order === null
        ? 'only what has an order can be newer: use the type semver or nuget, a regex with named groups, or "order": "pushed"'
        : null,
  },
];

const tagRule = tagRuleFields.superRefine((rule, context) => {
  for (const { field, problem } of TAG_RULE_CHECKS) {
    const message = problem(rule);
    if (message === null) continue;
    context.addIssue({ code: "custom", path: [field], message });
    return;
  }
});

/** Returns the message of the RuleError that the reader throws; null if it takes the rule. */
function problemOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
}

const platform = z
  .string()
  .max(255)
  .regex(/^[a-z0-9._-]+(?:\/[a-z0-9._-]+){1,2}$/i, "write a platform as os/architecture or os/architecture/variant");

const artifactType = z
  .string()
  .max(255)
  .regex(/^[\w.+\-/*?]{1,255}$/, '"image", or an artifact type (a media type), in which * and ? may stand for others');

const actor = z
  .string()
  .max(200)
  .regex(/^(?:token:|\*)/, "write an actor as token:<name>; the name may contain * and ?");

/** Types of events without a tag, which no tag rule can match. */
const UNTAGGED: ReadonlySet<EventType> = new Set(["manifest.pushed", "manifest.deleted"]);

/** The conditions on the events that a trigger fires on: all must hold. Refuses rules that cannot work, so that none is saved. */
export const triggerMatch = z
  .strictObject({
    repositories: givenRepositoryPatterns,
    events: z
      .array(z.enum(EVENT_TYPES))
      .min(1)
      .max(MAX_ENTRIES)
      .default(["tag.created", "tag.updated"])
      .meta({ description: "Manifest events have no tag, and include each platform's image." }),
    tag: tagRule.optional().meta({
      description: "Which tags; by default, all but those that clients create for signatures and other referrers.",
    }),
    digestChangedOnly: z
      .boolean()
      .optional()
      .meta({ description: "Do not fire if a tag is pushed again with the same digest." }),
    platforms: z
      .strictObject({ all: z.array(platform).min(1).max(MAX_ENTRIES) })
      .optional()
      .meta({
        description:
          "Platforms that an image must have, for example `linux/amd64`; without a variant, any variant matches.",
      }),
    artifactTypes: z
      .array(artifactType)
      .min(1)
      .max(MAX_ENTRIES)
      .optional()
      .meta({
        description:
          "`image` for an image or index; otherwise the artifact type or a glob. By default, everything with a tag except signatures and other referrers.",
        examples: [["image"], ["application/vnd.cncf.helm.config.v1+json"]],
      }),
    actors: z
      .array(actor)
      .min(1)
      .max(MAX_ENTRIES)
      .optional()
      .meta({
        description: "Who pushed: globs over `token:` and the token's name.",
        examples: [["token:ci-*"]],
      }),
  })
  .refine(({ tag, events }) => tag === undefined || !events.every((type) => UNTAGGED.has(type)), {
    path: ["tag"],
    message: "events of manifests have no tag, so a tag rule needs an event of tags",
  });

export type TriggerMatch = z.output<typeof triggerMatch>;

/** Paths of one group: more than anybody releases together. */
const MAX_GROUP = 50;

/** The longest wait of a group, in seconds. */
const LONGEST_GROUP_WAIT = 86_400;
const LONGEST_DEBOUNCE = 3600;

const group = z
  .strictObject({
    requireAll: z
      .array(
        z
          .string()
          .max(255)
          .refine((path) => parseRepositoryName(`space/${path}`) !== null, "the path of a repository"),
      )
      .min(2)
      .max(MAX_GROUP)
      .refine((paths) => new Set(paths).size === paths.length, "name each path only once")
      .meta({ description: "Paths within the space.", examples: [["web/api", "web/ui"]] }),
    by: z.literal("tag").default("tag"),
    timeoutSeconds: z.int().min(1).max(LONGEST_GROUP_WAIT).default(900).meta({
      description: "How long before the last push the others may be.",
    }),
  })
  .meta({
    description: "Fire once all of these repositories have the same tag; the event is the push that completes them.",
  });

/** The fields of a trigger besides its name and targets. */
export const triggerRuleFields = {
  match: triggerMatch.prefault({}),
  group: group.optional(),
  debounceSeconds: z.int().min(1).max(LONGEST_DEBOUNCE).optional().meta({
    description:
      "Wait this long after a push. Another push of the tag in that time replaces it, and the wait starts again.",
  }),
};

export interface TriggerRules {
  readonly match: TriggerMatch;
  readonly group?: z.output<typeof group> | undefined;
  readonly debounceSeconds?: number | undefined;
}

/** Refuses a group that can never be complete, because the trigger does not listen to all of it. */
export function checkGroup({ match, group: rule }: TriggerRules, context: Pick<z.RefinementCtx, "addIssue">): void {
  const unheard = rule?.requireAll.filter((path) => !matchesRepository(match.repositories, path)) ?? [];
  if (unheard.length > 0) {
    const message = `${unheard.join(", ")}: match.repositories does not include it, so its pushes would be ignored`;
    context.addIssue({ code: "custom", path: ["group", "requireAll"], message });
  }
  if (rule !== undefined && match.events.some((type) => !TAG_SETS.has(type))) {
    const message = "a group waits for tags to be set: match.events may only be tag.created and tag.updated";
    context.addIssue({ code: "custom", path: ["group"], message });
  }
}

/** Rules as they are stored. */
export const triggerRules: z.ZodType<TriggerRules> = z
  .strictObject({
    ...triggerRuleFields,
    match: triggerMatch.safeExtend({ repositories: repositoryPatterns }).prefault({}),
  })
  .superRefine(checkGroup);

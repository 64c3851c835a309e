import * as z from "zod";
import type { Context } from "../../context.ts";
import { duration } from "../../input/duration.ts";
import { readJsonFile } from "../../input/json-file.ts";
import { NONE, orNone, words } from "../../input/options.ts";
import { operations, type RetentionRule } from "../../../contract/operations.ts";

const DAY = 86_400_000;

/** The options for a rule's coverage and conditions, for `create`, `edit` and `preview`. */
export const RULE_OPTIONS = {
  "--repository <pattern...>": "paths within the space to cover: * matches all but a slash, ** anything, ! excludes",
  "--keep-newest <count>": "keep this many of the most recently pushed tags in each repository",
  "--keep-newer-than <time>": "keep what was pushed within this time, for example 30d",
  "--keep-pulled-within <time>": "keep what was pulled or pushed within this time, for example 90d",
  "--keep-tag <pattern...>": "keep tags that match: * matches any characters, ? one, ! excludes",
  "--keep-deployed <count>": "besides what is deployed, keep this many earlier deployments (default: 1)",
  "--file <file>": "read the rule from a JSON file, in the form of the management API; - is stdin",
} as const;

const count = z
  .string()
  .regex(/^\d{1,9}$/, "give a number")
  .transform(Number);
const days = duration
  .refine((milliseconds) => milliseconds % DAY === 0, "give whole days, for example 30d")
  .transform((milliseconds) => milliseconds / DAY);
const tags = words.transform((given) => (given.length === 1 && given[0] === NONE ? null : given));

export const ruleInput = z.object({
  repository: words.optional(),
  keepNewest: orNone(count).optional(),
  keepNewerThan: orNone(days).optional(),
  keepPulledWithin: orNone(days).optional(),
  keepTag: tags.optional(),
  keepDeployed: count.optional(),
  file: z.string().optional(),
});

type RuleInput = z.output<typeof ruleInput>;

/** A file may leave the name to the command line, and cannot confirm. */
const ruleFile = operations.createRetentionRule.body.omit({ confirm: true }).partial();

/** A rule's coverage and conditions, as the management API takes them. */
export type RuleBody = Pick<z.input<typeof operations.createRetentionRule.body>, "repositories" | "keep" | "enabled">;

/** True if any option is about the rule. */
export function saysRule(input: RuleInput): boolean {
  const { repository, keepNewest, keepNewerThan, keepPulledWithin, keepTag, keepDeployed, file } = input;
  const said = [repository, keepNewest, keepNewerThan, keepPulledWithin, keepTag, keepDeployed, file];
  return said.some((value) => value !== undefined);
}

/**
 * Reads a rule: each option counts before the file's value, and the file's before the saved rule's. Conditions that are
 * not named stay, so that a forgotten one does not delete the content that it kept.
 */
export async function readRule(context: Context, input: RuleInput, saved?: RetentionRule): Promise<RuleBody> {
  const { repositories, keep, enabled } =
    input.file === undefined ? {} : await readJsonFile(context, input.file, ruleFile);
  return {
    repositories: input.repository ?? repositories ?? saved?.repositories,
    enabled: enabled ?? saved?.enabled,
    keep: {
      newest: first(input.keepNewest, keep?.newest, saved?.keep.newest),
      newerThanDays: first(input.keepNewerThan, keep?.newerThanDays, saved?.keep.newerThanDays),
      pulledWithinDays: first(input.keepPulledWithin, keep?.pulledWithinDays, saved?.keep.pulledWithinDays),
      tags: first(input.keepTag, keep?.tags, saved?.keep.tags),
      previouslyDeployed: first(input.keepDeployed, keep?.previouslyDeployed, saved?.keep.previouslyDeployed),
    },
  };
}

/** Returns the first given value; undefined if that is null, which means "none". */
function first<T>(...values: readonly (T | null | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined) ?? undefined;
}

/** Formats the conditions: "the newest 20, tags v*, !*-rc*". */
export function keptBy({ keep }: RetentionRule): string {
  const { newest, newerThanDays, pulledWithinDays, tags: patterns, previouslyDeployed } = keep;
  const kept = [
    newest !== undefined && `the newest ${newest}`,
    newerThanDays !== undefined && `pushed within ${newerThanDays} d`,
    pulledWithinDays !== undefined && `pulled within ${pulledWithinDays} d`,
    patterns !== undefined && `tags ${patterns.join(", ")}`,
    previouslyDeployed !== 1 && `deployed and ${previouslyDeployed} before it`,
  ];
  return kept.filter((text) => text !== false).join("; ") || "what is deployed";
}

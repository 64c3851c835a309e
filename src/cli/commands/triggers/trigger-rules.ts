import * as z from "zod";
import type { Context } from "../../context.ts";
import { CliError } from "../../exit.ts";
import { duration } from "../../input/duration.ts";
import { readJsonFile } from "../../input/json-file.ts";
import { words } from "../../input/options.ts";
import { operations } from "../../../contract/operations.ts";

/** The parts of a trigger except its name and its targets. */
const rulesBody = operations.createTrigger.body.pick({ match: true, group: true, debounceSeconds: true });
type TriggerRules = z.input<typeof rulesBody>;

const match = rulesBody.shape.match.unwrap();
const tagRule = match.shape.tag.unwrap();

export const TAG_RULE_TYPES = tagRule.shape.type.options;
export const CHANGES = match.shape.events.unwrap().element.options;

/** The options that say when a trigger fires, for `triggers create` and `triggers preview`. */
export const RULE_OPTIONS = {
  "--repository <pattern...>": "paths within the space: * matches all but a slash, ** anything, ! excludes",
  "--event <change...>": `which changes fire: ${CHANGES.join(", ")}`,
  "--tag <tag-rule>": `type and value, for example semver:>=1.0 or glob:release-*; types: ${TAG_RULE_TYPES.join(", ")}`,
  "--prerelease <which>": "which prereleases fire: none, any or regex:<expression>",
  "--exclude <tag...>": "tags that never fire",
  "--only-if-newer": "fire only for a version above all others in the repository",
  "--strict": "accept only versions of three numbers, so that dates do not count",
  "--pattern <pattern>": "what a version must also match, for example glob:v* or regex:^v",
  "--order <order>": "with --only-if-newer, for tags that are not versions: pushed",
  "--digest-changed": "do not fire if the tag already pointed to the digest",
  "--platform <platform...>": "only images for all of these, for example linux/amd64",
  "--artifact-type <kind-of-artifact...>": "only these types, for example image",
  "--actor <actor...>": "only pushes by these, for example token:ci-*",
  "--require-all <path...>": "fire once all of these repositories have the tag",
  "--within <time>": "longest time between these pushes, for example 15m",
  "--debounce <time>": "wait this long for another push of the tag, for example 30s",
  "--file <file>": "read the trigger from a JSON file, in the form of the management API; - is stdin",
} as const;

const text = z.string().optional();
const list = words.optional();
const flag = z.boolean().optional();

export const rulesInput = z.object({
  repository: list,
  event: words.pipe(z.array(match.shape.events.unwrap().element)).optional(),
  tag: text,
  prerelease: text,
  exclude: list,
  onlyIfNewer: flag,
  strict: flag,
  pattern: text,
  order: text,
  digestChanged: flag,
  platform: list,
  artifactType: list,
  actor: list,
  requireAll: list,
  within: duration.optional(),
  debounce: duration.optional(),
  file: text,
});

type RulesInput = z.output<typeof rulesInput>;

/** A file may leave the name and the targets to the command line. */
const triggerFile = operations.createTrigger.body.partial();

interface ReadRules {
  readonly rules: TriggerRules;
  /** The targets that the file names. */
  readonly targets: readonly string[];
}

/** Reads the rules from the options and the file; each option counts before the file's value. */
export async function readRules(context: Context, input: RulesInput): Promise<ReadRules> {
  // Converted through JSON, which drops values that were not given.
  const options = rulesBody.parse(JSON.parse(JSON.stringify(rulesOf(input))));
  if (input.file === undefined) return { rules: options, targets: [] };
  const { name: _, targets = [], ...file } = await readJsonFile(context, input.file, triggerFile);
  return { rules: { ...file, ...options, match: { ...file.match, ...options.match } }, targets };
}

/** Returns the options' rules in the management API's form. Throws a usage error if they do not fit together. */
function rulesOf(input: RulesInput): TriggerRules {
  const { repository, event, digestChanged, platform, artifactType, actor, debounce } = input;
  return {
    match: {
      repositories: repository,
      events: event,
      tag: tagRuleOf(input),
      digestChangedOnly: digestChanged,
      platforms: platform && { all: platform },
      artifactTypes: artifactType,
      actors: actor,
    },
    group: groupOf(input),
    debounceSeconds: seconds(debounce),
  };
}

type TagRule = z.input<typeof tagRule>;

function tagRuleOf(input: RulesInput): TagRule | undefined {
  const { tag, prerelease, exclude, onlyIfNewer, strict, pattern, order } = input;
  const refinements = { exclude, onlyIfNewer, strict, ...patternOf(pattern), ...orderOf(order) };
  if (tag === undefined) {
    if (prerelease === undefined && Object.values(refinements).every((value) => value === undefined)) return undefined;
    throw new CliError(
      "usage",
      "--prerelease, --exclude, --strict, --pattern, --order and --only-if-newer need --tag",
      {
        hint: 'For example: --tag "semver:*" --only-if-newer',
      },
    );
  }
  const { type, value } = typed(tag, tagRule.shape.type, "a rule for tags", "semver");
  return { type, value, ...prereleaseOf(prerelease), ...refinements };
}

/** Parses a type and a value, as in `semver:>=1.0`. Throws a usage error. */
function typed<Types extends z.ZodEnum>(
  written: string,
  types: Types,
  what: string,
  example: string,
): { readonly type: z.output<Types>; readonly value: string } {
  const colon = written.indexOf(":");
  const type = types.safeParse(written.slice(0, Math.max(colon, 0)));
  if (type.success) return { type: type.data, value: written.slice(colon + 1) };
  throw new CliError(
    "usage",
    `"${written}" is not ${what}: write its type in front, for example ${example}:${written}`,
    {
      hint: `Types: ${types.options.join(", ")}.`,
    },
  );
}

function patternOf(written: string | undefined): Pick<TagRule, "pattern"> {
  if (written === undefined) return {};
  return { pattern: typed(written, tagRule.shape.pattern.unwrap().shape.type, "a pattern for tags", "glob") };
}

function orderOf(written: string | undefined): Pick<TagRule, "order"> {
  if (written === undefined) return {};
  const order = tagRule.shape.order.unwrap().safeParse(written);
  if (order.success) return { order: order.data };
  throw new CliError("usage", `--order must be ${tagRule.shape.order.unwrap().options.join(" or ")}, not "${written}"`);
}

function prereleaseOf(which: string | undefined): Pick<z.input<typeof tagRule>, "prerelease" | "prereleaseRegex"> {
  if (which === undefined) return {};
  if (which.startsWith("regex:")) return { prerelease: "regex", prereleaseRegex: which.slice("regex:".length) };
  if (which === "none" || which === "any") return { prerelease: which };
  throw new CliError("usage", `--prerelease must be none, any or regex:<expression>, not "${which}"`);
}

function groupOf({ requireAll, within }: RulesInput): TriggerRules["group"] {
  if (requireAll !== undefined) return { requireAll, timeoutSeconds: seconds(within) };
  if (within === undefined) return undefined;
  throw new CliError("usage", "--within needs --require-all");
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds / 1000);
}

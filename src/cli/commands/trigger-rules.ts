import { z } from "zod";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { duration } from "../input/duration.ts";
import { readJsonFile } from "../input/json-file.ts";
import { words } from "../input/options.ts";
import { operations } from "../management/operations.ts";

/** What a trigger is made of, but for its name and its targets. */
const rulesBody = operations.createTrigger.body.pick({ match: true, group: true, debounceSeconds: true });
type TriggerRules = z.input<typeof rulesBody>;

const match = rulesBody.shape.match.unwrap();
const tagRule = match.shape.tag.unwrap();

export const TAG_RULE_TYPES = tagRule.shape.type.options;
export const CHANGES = match.shape.events.unwrap().element.options;

/** The options that say when a trigger fires; `triggers create` and `triggers preview` have them. */
export const RULE_OPTIONS = {
  "--repository <pattern...>": "paths within the space: * but no slash, ** anything, ! excludes",
  "--event <change...>": `of ${CHANGES.join(", ")}`,
  "--tag <tag-rule>": `type and value, as semver:>=1.0 or glob:release-*; of ${TAG_RULE_TYPES.join(", ")}`,
  "--prerelease <which>": "none, any, or a regular expression as regex:<expression>",
  "--exclude <tag...>": "tags that never fire",
  "--only-if-newer": "only a version above all others in the repository",
  "--strict": "only versions of three numbers, so that a date is none",
  "--pattern <pattern>": "what a version has to match as well, as in glob:v* or regex:^v",
  "--order <order>": "with --only-if-newer, for tags that are no versions: pushed",
  "--digest-changed": "not when the tag was on that digest already",
  "--platform <platform...>": "only an image for all of these, as linux/amd64",
  "--artifact-type <kind-of-artifact...>": "what is pushed, as image",
  "--actor <actor...>": "who pushes, as token:ci-*",
  "--require-all <path...>": "fire once, when all of these repositories have the tag",
  "--within <time>": "how far apart these may be pushed, as in 15m",
  "--debounce <time>": "wait for a further push of the tag, as in 30s",
  "--file <file>": "all of this from a JSON file, as the management API takes it; - is stdin",
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

/** In a file the name and the targets may be left to the command line. */
const triggerFile = operations.createTrigger.body.partial();

interface ReadRules {
  readonly rules: TriggerRules;
  /** What a file says of targets. */
  readonly targets: readonly string[];
}

/** The rules of the file and of the options, which count before the file's, one by one. */
export async function readRules(context: Context, input: RulesInput): Promise<ReadRules> {
  // As JSON, so that what was not given is absent.
  const options = rulesBody.parse(JSON.parse(JSON.stringify(rulesOf(input))));
  if (input.file === undefined) return { rules: options, targets: [] };
  const { name: _, targets = [], ...file } = await readJsonFile(context, input.file, triggerFile);
  return { rules: { ...file, ...options, match: { ...file.match, ...options.match } }, targets };
}

/** The rules that the options say, as the management API takes them. Throws a usage error where they do not fit together. */
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
      "--prerelease, --exclude, --strict, --pattern, --order and --only-if-newer go with --tag",
      {
        hint: 'As in --tag "semver:*" --only-if-newer',
      },
    );
  }
  const { type, value } = typed(tag, tagRule.shape.type, "a rule for tags", "semver");
  return { type, value, ...prereleaseOf(prerelease), ...refinements };
}

/** What is written as type and value, as in `semver:>=1.0`. Throws a usage error. */
function typed<Types extends z.ZodEnum>(
  written: string,
  types: Types,
  what: string,
  example: string,
): { readonly type: z.output<Types>; readonly value: string } {
  const colon = written.indexOf(":");
  const type = types.safeParse(written.slice(0, Math.max(colon, 0)));
  if (type.success) return { type: type.data, value: written.slice(colon + 1) };
  throw new CliError("usage", `"${written}" is not ${what}: write its type in front, as in ${example}:${written}`, {
    hint: `The types are ${types.options.join(", ")}.`,
  });
}

function patternOf(written: string | undefined): Pick<TagRule, "pattern"> {
  if (written === undefined) return {};
  return { pattern: typed(written, tagRule.shape.pattern.unwrap().shape.type, "a pattern for tags", "glob") };
}

function orderOf(written: string | undefined): Pick<TagRule, "order"> {
  if (written === undefined) return {};
  const order = tagRule.shape.order.unwrap().safeParse(written);
  if (order.success) return { order: order.data };
  throw new CliError("usage", `--order is ${tagRule.shape.order.unwrap().options.join(" or ")}, not "${written}"`);
}

function prereleaseOf(which: string | undefined): Pick<z.input<typeof tagRule>, "prerelease" | "prereleaseRegex"> {
  if (which === undefined) return {};
  if (which.startsWith("regex:")) return { prerelease: "regex", prereleaseRegex: which.slice("regex:".length) };
  if (which === "none" || which === "any") return { prerelease: which };
  throw new CliError("usage", `--prerelease is none, any or regex:<expression>, not "${which}"`);
}

function groupOf({ requireAll, within }: RulesInput): TriggerRules["group"] {
  if (requireAll !== undefined) return { requireAll, timeoutSeconds: seconds(within) };
  if (within === undefined) return undefined;
  throw new CliError("usage", "--within goes with --require-all");
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds / 1000);
}

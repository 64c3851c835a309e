import type * as z from "zod";
import { operations, type Trigger } from "../../../contract/operations.ts";
import { linesOf, linesOrNone } from "../../components/lines.ts";

const rulesBody = operations.createTrigger.body.pick({ match: true, group: true, debounceSeconds: true });

/** A trigger's rules as the API takes them. */
export type Rules = z.input<typeof rulesBody>;
type Match = NonNullable<Rules["match"]>;
type TagRule = NonNullable<Match["tag"]>;

const { events, tag: tagRule } = rulesBody.shape.match.unwrap().shape;
const { type: tagTypes, prerelease: prereleases, pattern } = tagRule.unwrap().shape;

export const EVENTS = events.unwrap().element.options;
export const TAG_TYPES = tagTypes.options;
const PRERELEASES = prereleases.unwrap().options;
const PATTERNS = pattern.unwrap().shape.type.options;

/** The form's content: texts as they are typed. */
export interface RulesForm {
  readonly repositories: string;
  readonly events: ReadonlySet<string>;
  /** The kind of condition on tags; empty for any tag. */
  readonly tagType: string;
  readonly tagValue: string;
  /** The treatment of prereleases; empty to follow the range. */
  readonly prerelease: string;
  readonly prereleaseRegex: string;
  readonly exclude: string;
  readonly onlyIfNewer: boolean;
  /** True to order tags by the time of their push, and not by their names. */
  readonly byPush: boolean;
  readonly strict: boolean;
  /** A pattern as type and value, such as `glob:v*`; empty for none. */
  readonly pattern: string;
  readonly digestChangedOnly: boolean;
  readonly platforms: string;
  readonly artifactTypes: string;
  readonly actors: string;
  readonly group: string;
  readonly groupSeconds: string;
  readonly debounceSeconds: string;
}

const DEFAULT_EVENTS = ["tag.created", "tag.updated"];

/** Returns the form for saved rules; the form of no rules if this version cannot read them. */
export function formOf(trigger: Pick<Trigger, "match" | "group" | "debounceSeconds"> | null): RulesForm {
  const { match, group, debounceSeconds } = trigger ?? {};
  const { match: known = {}, group: groupRule } =
    rulesBody.safeParse({ match: match ?? {}, group, debounceSeconds }).data ?? {};
  const { tag } = known;
  return {
    repositories: isAll(known.repositories) ? "" : lines(known.repositories),
    events: new Set<string>(known.events ?? DEFAULT_EVENTS),
    tagType: tag?.type ?? "",
    tagValue: tag?.value ?? "",
    prerelease: tag?.prerelease ?? "",
    prereleaseRegex: tag?.prereleaseRegex ?? "",
    exclude: lines(tag?.exclude),
    onlyIfNewer: tag?.onlyIfNewer ?? false,
    byPush: tag?.order === "pushed",
    strict: tag?.strict ?? false,
    pattern: tag?.pattern === undefined ? "" : `${tag.pattern.type}:${tag.pattern.value}`,
    digestChangedOnly: known.digestChangedOnly ?? false,
    platforms: lines(known.platforms?.all),
    artifactTypes: lines(known.artifactTypes),
    actors: lines(known.actors),
    group: lines(groupRule?.requireAll),
    groupSeconds: String(groupRule?.timeoutSeconds ?? ""),
    debounceSeconds: String(debounceSeconds ?? ""),
  };
}

/** Returns the rules that a form states. The API checks whether they can work. */
export function rulesOf(form: RulesForm): Rules {
  const requireAll = linesOrNone(form.group);
  return {
    match: {
      repositories: linesOrNone(form.repositories),
      events: EVENTS.filter((type) => form.events.has(type)),
      tag: tagRuleOf(form),
      digestChangedOnly: form.digestChangedOnly || undefined,
      platforms: linesOrNone(form.platforms) && { all: linesOf(form.platforms) },
      artifactTypes: linesOrNone(form.artifactTypes),
      actors: linesOrNone(form.actors),
    },
    group: requireAll && { requireAll, timeoutSeconds: numberOf(form.groupSeconds) },
    debounceSeconds: numberOf(form.debounceSeconds),
  };
}

/** True for the default, which covers all repositories. */
function isAll(repositories: readonly string[] = []): boolean {
  return repositories.length === 1 && repositories[0] === "**";
}

function lines(list: readonly string[] = []): string {
  return list.join("\n");
}

function tagRuleOf(form: RulesForm): TagRule | undefined {
  const type = TAG_TYPES.find((known) => known === form.tagType);
  if (type === undefined) return undefined;
  const prerelease = isOfVersions(type) ? PRERELEASES.find((known) => known === form.prerelease) : undefined;
  return {
    type,
    value: form.tagValue.trim(),
    prerelease,
    prereleaseRegex: prerelease === "regex" ? form.prereleaseRegex : undefined,
    exclude: linesOrNone(form.exclude),
    ...orderOf(form),
    strict: (isOfVersions(type) && form.strict) || undefined,
    pattern: isOfVersions(type) ? patternOf(form.pattern.trim()) : undefined,
  };
}

function orderOf({ onlyIfNewer, byPush }: RulesForm): Pick<TagRule, "onlyIfNewer" | "order"> {
  if (!onlyIfNewer) return {};
  return { onlyIfNewer, order: byPush ? "pushed" : undefined };
}

/** Reads a pattern; one without a type in front is a glob. */
function patternOf(text: string): TagRule["pattern"] {
  if (text === "") return undefined;
  const [, written, value = ""] = /^(?:([a-z]+):)?(.*)$/.exec(text) ?? [];
  return { type: PATTERNS.find((known) => known === written) ?? "glob", value: written === undefined ? text : value };
}

export function isOfVersions(tagType: string): boolean {
  return tagType === "semver" || tagType === "nuget";
}

/** Reads a number. Text that is no number becomes NaN, so that the API reports it. */
function numberOf(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}

/** Paths of the form's fields, which the API's problems are assigned to. */
export const RULE_PATHS = [
  "match.repositories",
  "match.events",
  "match.tag",
  "match.tag.value",
  "match.tag.prereleaseRegex",
  "match.tag.exclude",
  "match.tag.onlyIfNewer",
  "match.tag.order",
  "match.tag.strict",
  "match.tag.pattern",
  "match.platforms",
  "match.artifactTypes",
  "match.actors",
  "group",
  "group.timeoutSeconds",
  "debounceSeconds",
] as const;

import type { z } from "zod";
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

/** What the form holds: texts as they are typed. */
export interface RulesForm {
  readonly repositories: string;
  readonly events: ReadonlySet<string>;
  /** Empty: any tag. */
  readonly tagType: string;
  readonly tagValue: string;
  /** Empty: as the range says. */
  readonly prerelease: string;
  readonly prereleaseRegex: string;
  readonly exclude: string;
  readonly onlyIfNewer: boolean;
  /** By when tags were pushed, and not by what they are called. */
  readonly byPush: boolean;
  readonly strict: boolean;
  /** As type and value, as in `glob:v*`; empty: none. */
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

/** The form of rules that are saved; of none, where they are no longer understood. */
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

/** The rules that a form says; whether they can work is for the API to say. */
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

/** As it is when nothing is said. */
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

/** Without a type in front it is a glob. */
function patternOf(text: string): TagRule["pattern"] {
  if (text === "") return undefined;
  const [, written, value = ""] = /^(?:([a-z]+):)?(.*)$/.exec(text) ?? [];
  return { type: PATTERNS.find((known) => known === written) ?? "glob", value: written === undefined ? text : value };
}

export function isOfVersions(tagType: string): boolean {
  return tagType === "semver" || tagType === "nuget";
}

/** What is no number goes as it is, for the API to say so. */
function numberOf(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}

/** Where the API's problems belong, of those that the form shows. */
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

import { matchesGlob, matchesSomeGlob } from "../oci/glob.ts";
import { parseTag } from "../oci/reference.ts";
import { compareGroups, compileRegex } from "./linear-regex.ts";
import type { Effort } from "./regex-program.ts";
import { RuleError } from "./rule-error.ts";
import { ANY_NUMBERS, spansFrom, type VersionSpan } from "./version/key.ts";
import { foldCase, parseNugetRange } from "./version/nuget-range.ts";
import { contains, holdsReleases, namesPrerelease, type Range } from "./version/range.ts";
import { parseSemverRange } from "./version/semver-range.ts";
import { compareVersions, isPrerelease, parseVersion, type Version } from "./version/version.ts";

export const TAG_RULE_TYPES = ["semver", "nuget", "regex", "glob", "exact"] as const;
export const PRERELEASE_RULES = ["none", "any", "regex"] as const;
export const PATTERN_TYPES = ["glob", "regex"] as const;
export const ORDERS = ["version", "pushed"] as const;

type TagRuleType = (typeof TAG_RULE_TYPES)[number];

/** A pattern that a tag must match in addition to its rule. */
interface TagPattern {
  readonly type: (typeof PATTERN_TYPES)[number];
  readonly value: string;
}

/** A rule for the tags that a trigger takes; trigger.ts describes each field. */
export interface TagRule {
  readonly type: TagRuleType;
  readonly value: string;
  readonly strict?: boolean | undefined;
  readonly pattern?: TagPattern | undefined;
  readonly prerelease?: (typeof PRERELEASE_RULES)[number] | undefined;
  readonly prereleaseRegex?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly onlyIfNewer?: boolean | undefined;
  readonly order?: (typeof ORDERS)[number] | undefined;
}

/** A search for tags that may be newer than a given one. */
export type NewerTags =
  | { readonly by: "version"; readonly spans: readonly VersionSpan[] }
  /** Searches by the first characters of names, all that the rule can take. */
  | { readonly by: "name"; readonly initials: readonly string[] };

/** A rule that is ready for many tags. */
export interface TagMatcher extends TagOrder {
  /** True once its regexes have cost so much that it must not be asked about more tags: the processor is shared. */
  readonly isSpent: () => boolean;
}

interface TagOrder {
  /** Returns null for a tag that the rule takes; otherwise a sentence that says why not. */
  readonly refusal: (tag: string) => string | null;
  /** Orders tags that the rule takes, oldest version first; null if the rule isn't about versions. */
  readonly order: ((left: string, right: string) => number) | null;
  /** Makes the search for all tags that may be newer than one, or equal to it; null if the rule has no order. */
  readonly newerThan: ((tag: string) => NewerTags) | null;
}

/** A notation of ranges, with the part of a version that counts in comparisons. */
interface Notation {
  readonly parseRange: (text: string) => Range;
  readonly comparable: (version: Version) => Version;
}

const SEMVER: Notation = { parseRange: parseSemverRange, comparable: (version) => version };
const NUGET: Notation = { parseRange: parseNugetRange, comparable: foldCase };

const MATCHERS: Readonly<Record<TagRuleType, (rule: TagRule, effort: Effort) => TagOrder>> = {
  semver: (rule, effort) => versionMatcher(rule, SEMVER, effort),
  nuget: (rule, effort) => versionMatcher(rule, NUGET, effort),
  regex: regexMatcher,
  glob: ({ value }) => {
    requireGlob(value);
    const globs = [value];
    return nameMatcher((tag) => matchesSomeGlob(globs, tag), `does not match the glob ${value}`);
  },
  exact: ({ value }) => {
    if (parseTag(value) === null) throw new RuleError("this is not a valid tag");
    return nameMatcher((tag) => tag === value, `is not ${value}`);
  },
};

/** Matchers by rule, since each is asked about many tags. */
const compiled = new WeakMap<TagRule, TagMatcher>();

/** Makes a rule ready. The rule is read once and must not change. Throws RuleError if it cannot work. */
export function compileTagRule(rule: TagRule): TagMatcher {
  const matcher = compiled.get(rule) ?? makeMatcher(rule);
  compiled.set(rule, matcher);
  return matcher;
}

/** States that a rule's regexes may visit before it is asked about no more tags: some tens of milliseconds. */
const MAX_STEPS = 300_000;

function makeMatcher(rule: TagRule): TagMatcher {
  const effort: Effort = { steps: 0 };
  const { refusal, order, newerThan } = MATCHERS[rule.type](rule, effort);
  const { exclude = [] } = rule;
  const pattern = patternMatcher(rule.pattern, effort);
  const ordered = rule.order === "pushed" ? { order: null, newerThan: null } : { order, newerThan };
  return {
    ...ordered,
    isSpent: () => effort.steps > MAX_STEPS,
    refusal: (tag) => {
      if (!matchesSomeGlob(exclude, tag)) return refusal(tag) ?? pattern(tag);
      const exclusion = exclude.find((glob) => matchesGlob(glob, tag)) ?? "";
      return `the tag ${tag} is excluded by ${exclusion}`;
    },
  };
}

/** Characters of a glob at most: as many as a tag has. */
export const MAX_TAG_GLOB = 128;

/** True if some tag could match it: it has only characters of tags, `*` and `?`. */
export function isTagGlob(text: string): boolean {
  return text.length <= MAX_TAG_GLOB && /^[\w.*?-]+$/.test(text);
}

function requireGlob(value: string): void {
  if (!isTagGlob(value))
    throw new RuleError("a glob may have the characters of a tag, * and ?, and at most 128 of them");
}

function patternMatcher(pattern: TagPattern | undefined, effort: Effort): TagOrder["refusal"] {
  if (pattern === undefined) return () => null;
  const { type, value } = pattern;
  return MATCHERS[type]({ type, value }, effort).refusal;
}

function nameMatcher(takes: (tag: string) => boolean, otherwise: string): TagOrder {
  return {
    order: null,
    newerThan: null,
    refusal: (tag) => (takes(tag) ? null : `the tag ${tag} ${otherwise}`),
  };
}

/** Makes a matcher that orders tags by the regex's named groups, one after the other, numbers as numbers. */
function regexMatcher({ value }: TagRule, effort: Effort): TagOrder {
  const regex = compileRegex(value, effort);
  const named = nameMatcher(regex.test, `does not match the regex ${value}`);
  if (regex.groups.length === 0) return named;
  return {
    ...named,
    // The comparison's results are remembered, so this costs nothing.
    refusal: (tag) => (regex.capture(tag) === null ? named.refusal(tag) : null),
    order: (left, right) => compareGroups(regex.capture(left) ?? [], regex.capture(right) ?? []),
    newerThan: () => ({ by: "name", initials: regex.initials }),
  };
}

/** The numbers of a strict version: SemVer wants three. */
const STRICT_NUMBERS = 3;

function versionMatcher(rule: TagRule, { parseRange, comparable }: Notation, effort: Effort): TagOrder {
  const range = parseRange(rule.value);
  const prereleaseRefusal = prereleaseMatcher(rule, range, effort);
  return {
    refusal: (tag) => {
      const version = parseVersion(tag);
      if (version === null) return `the tag ${tag} is not a version`;
      if (rule.strict && version.release.length !== STRICT_NUMBERS) {
        return `the tag ${tag} does not have three numbers, which "strict" requires`;
      }
      if (!contains(range, comparable(version))) return `the version ${tag} is not within ${rule.value}`;
      return prereleaseRefusal(tag, version);
    },
    order: (left, right) => {
      const [first, second] = [parseVersion(left), parseVersion(right)];
      if (first === null || second === null) return Number(first !== null) - Number(second !== null);
      return compareVersions(comparable(first), comparable(second));
    },
    newerThan: (tag) => {
      const version = parseVersion(tag);
      const spans =
        version === null
          ? []
          : spansFrom(comparable(version), {
              range,
              folded: comparable === foldCase,
              numbers: rule.strict ? [STRICT_NUMBERS] : ANY_NUMBERS,
              withPrereleases: prereleasesOf(rule, range) !== "none",
            });
      return { by: "version", spans };
    },
  };
}

function prereleasesOf({ prerelease }: TagRule, range: Range): (typeof PRERELEASE_RULES)[number] {
  return prerelease ?? (namesPrerelease(range) ? "any" : "none");
}

/** Makes the check of prereleases within the rule's range. */
function prereleaseMatcher(
  rule: TagRule,
  range: Range,
  effort: Effort,
): (tag: string, version: Version) => string | null {
  const taken = prereleasesOf(rule, range);
  if (taken === "any") return () => null;
  if (taken === "regex") return prereleaseRegexMatcher(rule.prereleaseRegex ?? "", effort);
  if (!holdsReleases(range)) throw new RuleError(`"${rule.value}" covers only prereleases, and the rule takes none`);
  return (tag, version) => (isPrerelease(version) ? `the tag ${tag} is a prerelease; the trigger takes none` : null);
}

/** Matches the prerelease, which is empty for a release, as Octopus does. */
function prereleaseRegexMatcher(pattern: string, effort: Effort): (tag: string, version: Version) => string | null {
  const regex = compileRegex(pattern, effort);
  return (tag, version) => {
    const label = version.prerelease.join(".");
    if (regex.test(label)) return null;
    const kind = label === "" ? "a release" : `the prerelease ${label}`;
    return `the tag ${tag} is ${kind}; the trigger takes prereleases that match ${pattern}`;
  };
}

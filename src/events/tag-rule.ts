import { matchesGlob, matchesSomeGlob } from "../oci/glob.ts";
import { parseTag } from "../oci/reference.ts";
import { compileRegex } from "./linear-regex.ts";
import { RuleError } from "./rule-error.ts";
import { foldCase, parseNugetRange } from "./version/nuget-range.ts";
import { contains, holdsReleases, namesPrerelease, type Range } from "./version/range.ts";
import { parseSemverRange } from "./version/semver-range.ts";
import { compareVersions, isPrerelease, parseVersion, type Version } from "./version/version.ts";

export const TAG_RULE_TYPES = ["semver", "nuget", "regex", "glob", "exact"] as const;
export const PRERELEASE_RULES = ["none", "any", "regex"] as const;

type TagRuleType = (typeof TAG_RULE_TYPES)[number];

/** Which tags a trigger takes; trigger.ts tells of each field. */
export interface TagRule {
  readonly type: TagRuleType;
  readonly value: string;
  readonly prerelease?: (typeof PRERELEASE_RULES)[number] | undefined;
  readonly prereleaseRegex?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** A rule made ready for many tags. */
export interface TagMatcher {
  /** Null for a tag that is taken; otherwise a sentence that says why it isn't. */
  readonly refusal: (tag: string) => string | null;
  /** Orders tags that are taken, oldest version first; null where the rule isn't about versions. */
  readonly order: ((left: string, right: string) => number) | null;
}

/** How ranges are written, and what of a version counts when two are compared. */
interface Notation {
  readonly parseRange: (text: string) => Range;
  readonly comparable: (version: Version) => Version;
}

const SEMVER: Notation = { parseRange: parseSemverRange, comparable: (version) => version };
const NUGET: Notation = { parseRange: parseNugetRange, comparable: foldCase };

const MATCHERS: Readonly<Record<TagRuleType, (rule: TagRule) => TagMatcher>> = {
  semver: (rule) => versionMatcher(rule, SEMVER),
  nuget: (rule) => versionMatcher(rule, NUGET),
  regex: ({ value }) => {
    const regex = compileRegex(value);
    return nameMatcher(regex.test, `does not match the regex ${value}`);
  },
  glob: ({ value }) => {
    if (!isTagGlob(value)) throw new RuleError("a glob has the characters of a tag, * and ?: 128 at most");
    const globs = [value];
    return nameMatcher((tag) => matchesSomeGlob(globs, tag), `does not match the glob ${value}`);
  },
  exact: ({ value }) => {
    if (parseTag(value) === null) throw new RuleError("this is not a tag's name");
    return nameMatcher((tag) => tag === value, `is not ${value}`);
  },
};

/** What rules came to, by the rule: each is asked for many tags. */
const compiled = new WeakMap<TagRule, TagMatcher>();

/** The rule is read once, and must not change. Throws RuleError when it cannot work. */
export function compileTagRule(rule: TagRule): TagMatcher {
  const matcher = compiled.get(rule) ?? makeMatcher(rule);
  compiled.set(rule, matcher);
  return matcher;
}

function makeMatcher(rule: TagRule): TagMatcher {
  const { refusal, order } = MATCHERS[rule.type](rule);
  const { exclude = [] } = rule;
  return {
    order,
    refusal: (tag) => {
      if (!matchesSomeGlob(exclude, tag)) return refusal(tag);
      const exclusion = exclude.find((pattern) => matchesGlob(pattern, tag)) ?? "";
      return `the tag ${tag} is excluded by ${exclusion}`;
    },
  };
}

/** Characters: as many as a tag has. */
export const MAX_TAG_GLOB = 128;

/** Whether some tag could match it: the characters of tags, `*` and `?`. */
export function isTagGlob(text: string): boolean {
  return text.length <= MAX_TAG_GLOB && /^[\w.*?-]+$/.test(text);
}

function nameMatcher(takes: (tag: string) => boolean, otherwise: string): TagMatcher {
  return { order: null, refusal: (tag) => (takes(tag) ? null : `the tag ${tag} ${otherwise}`) };
}

function versionMatcher(rule: TagRule, { parseRange, comparable }: Notation): TagMatcher {
  const range = parseRange(rule.value);
  const prereleaseRefusal = prereleaseMatcher(rule, range);
  return {
    refusal: (tag) => {
      const version = parseVersion(tag);
      if (version === null) return `the tag ${tag} is not a version`;
      if (!contains(range, comparable(version))) return `the version ${tag} is not within ${rule.value}`;
      return prereleaseRefusal(tag, version);
    },
    order: (left, right) => {
      const [first, second] = [parseVersion(left), parseVersion(right)];
      if (first === null || second === null) return Number(first !== null) - Number(second !== null);
      return compareVersions(comparable(first), comparable(second));
    },
  };
}

/** What the rule has to say on prereleases within its range. */
function prereleaseMatcher(rule: TagRule, range: Range): (tag: string, version: Version) => string | null {
  const taken = rule.prerelease ?? (namesPrerelease(range) ? "any" : "none");
  if (taken === "any") return () => null;
  if (taken === "regex") return prereleaseRegexMatcher(rule.prereleaseRegex ?? "");
  if (!holdsReleases(range)) throw new RuleError(`"${rule.value}" has only prereleases, of which the rule takes none`);
  return (tag, version) => (isPrerelease(version) ? `the tag ${tag} is a prerelease; the trigger takes none` : null);
}

/** As Octopus does it: the regex must match the prerelease, which is empty for a release. */
function prereleaseRegexMatcher(pattern: string): (tag: string, version: Version) => string | null {
  const regex = compileRegex(pattern);
  return (tag, version) => {
    const label = version.prerelease.join(".");
    if (regex.test(label)) return null;
    const kind = label === "" ? "a release" : `the prerelease ${label}`;
    return `the tag ${tag} is ${kind}; the trigger takes prereleases that match ${pattern}`;
  };
}

import { matchesSomeGlob } from "../oci/glob.ts";
import { IMAGE_CONFIG_TYPES } from "../oci/image-config.ts";
import { matchesRepository } from "../oci/repository-pattern.ts";
import { type RegistryEvent, repositoryOf } from "./event.ts";
import { compileTagRule } from "./tag-rule.ts";
import type { TriggerMatch } from "./trigger.ts";

/** Facts about the repository that matter in addition to the event. */
export interface MatchFacts {
  /** The tag that {@link newestOf} finds among the repository's other tags; null if there is none. */
  readonly newestTag: string | null;
}

export type MatchResult = { readonly fires: true } | { readonly fires: false; readonly reason: string };

/** Returns null if the event passes; otherwise one sentence for the operator who wonders why nothing was deployed. */
type Check = (match: TriggerMatch, event: RegistryEvent, facts: MatchFacts) => string | null;

/** The checks in order, coarse ones first. The first that fails gives the reason. */
const CHECKS: readonly Check[] = [
  checkType,
  checkRepository,
  checkTag,
  checkReferrer,
  checkArtifactType,
  checkActor,
  checkPlatforms,
  checkDigest,
  checkNewest,
];

/** Checks if a trigger fires on an event; if not, says why. */
export function matchTrigger(match: TriggerMatch, event: RegistryEvent, facts: MatchFacts): MatchResult {
  for (const check of CHECKS) {
    const reason = check(match, event, facts);
    if (reason !== null) return { fires: false, reason };
  }
  return { fires: true };
}

/**
 * Finds the tag of the newest version that the trigger's tag rule takes; null if there is none, and for
 * rules that aren't about versions. If the rule is spent before the last tag, the result may be another
 * tag.
 */
export function newestOf(match: TriggerMatch, tags: readonly string[]): string | null {
  if (match.tag === undefined) return null;
  const { refusal, order, isSpent } = compileTagRule(match.tag);
  if (order === null) return null;
  let newest: string | null = null;
  for (const tag of tags) {
    if (isSpent()) break;
    const isNewer = newest === null || order(tag, newest) > 0;
    // Asked last, since a regex is the most expensive part.
    if (isNewer && refusal(tag) === null) newest = tag;
  }
  return newest;
}

function checkType({ events }: TriggerMatch, { type }: RegistryEvent): string | null {
  return events.includes(type) ? null : `the event is ${type}; the trigger takes ${listed(events)}`;
}

function checkRepository({ repositories }: TriggerMatch, event: RegistryEvent): string | null {
  if (matchesRepository(repositories, event.path)) return null;
  return `the repository ${repositoryOf(event)} is not among ${listed(repositories)}`;
}

function checkTag({ tag: rule }: TriggerMatch, { tag }: RegistryEvent): string | null {
  if (rule === undefined) return null;
  return tag === null ? "the event has no tag; the trigger has a rule for tags" : compileTagRule(rule).refusal(tag);
}

/**
 * The tags by which clients find an image's referrers: the distribution spec's ("Referrers Tag Schema"),
 * and cosign's, which add `.sig`, `.att` or `.sbom`.
 */
const REFERRER_TAG = /^sha(?:256|512)-[0-9a-f]{64}(?:\.[\w.-]+)?$/;

/** Refuses referrers. A signature comes with the image, often after it, and must not deploy the image again. */
function checkReferrer({ tag: rule, artifactTypes = [] }: TriggerMatch, event: RegistryEvent): string | null {
  const { tag, artifactType } = event;
  const isReferrer = tag === null ? !isImage(event) : REFERRER_TAG.test(tag);
  const isNamed = rule?.type === "exact" && rule.value === tag;
  const isAskedFor = matchesSomeGlob(globsOf(artifactTypes), event.artifactType ?? "");
  if (!isReferrer || isNamed || isAskedFor) return null;
  return tag === null
    ? `an untagged ${artifactType} refers to something else, as signatures do; the trigger does not ask for its artifact type`
    : `the tag ${tag} is one that clients make for signatures and other referrers; the trigger does not ask for them`;
}

function checkArtifactType({ artifactTypes }: TriggerMatch, event: RegistryEvent): string | null {
  if (artifactTypes === undefined || matchesArtifactType(artifactTypes, event)) return null;
  const type = isImage(event) ? "an image" : `of the artifact type ${event.artifactType}`;
  return `what was pushed is ${type}; the trigger takes ${listed(artifactTypes)}`;
}

function checkActor({ actors }: TriggerMatch, { actor }: RegistryEvent): string | null {
  const name = `token:${actor.name}`;
  if (actors === undefined || matchesSomeGlob(actors, name)) return null;
  return `it was done by ${name}; the trigger takes ${listed(actors)}`;
}

function checkPlatforms({ platforms }: TriggerMatch, event: RegistryEvent): string | null {
  const there = new Set(event.platforms.map(normalPlatform).flatMap(withoutVariants));
  const missing = platforms?.all.filter((wanted) => !there.has(normalPlatform(wanted)));
  if (missing === undefined || missing.length === 0) return null;
  if (event.platforms.length === 0) return `the manifest names no platforms; the trigger needs ${listed(missing)}`;
  return `the platforms ${listed(event.platforms)} are there; the trigger also needs ${listed(missing)}`;
}

function checkDigest({ digestChangedOnly }: TriggerMatch, event: RegistryEvent): string | null {
  const { type, tag, digest, previousDigest } = event;
  // A deletion's digest is of course the previous one.
  if (!digestChangedOnly || type === "tag.deleted" || digest !== previousDigest) return null;
  return `the tag ${tag} was on this digest before; the trigger takes changed digests only`;
}

function checkNewest({ tag: rule }: TriggerMatch, { tag }: RegistryEvent, { newestTag }: MatchFacts): string | null {
  if (rule?.onlyIfNewer !== true || tag === null || newestTag === null || newestTag === tag) return null;
  const order = compileTagRule(rule).order?.(tag, newestTag) ?? 1;
  return order > 0 ? null : `the tag ${tag} is not newer than ${newestTag}, which the repository has`;
}

/** The triggers' name for ordinary images and indexes, which have no artifact type of their own. */
const IMAGE = "image";

const IMAGE_CONFIGS: ReadonlySet<string | null> = new Set([null, ...IMAGE_CONFIG_TYPES]);

/**
 * True for an ordinary image or index. A manifest's artifact type is its config's media type unless it
 * says otherwise; an index has none.
 */
function isImage({ artifactType }: RegistryEvent): boolean {
  return IMAGE_CONFIGS.has(artifactType);
}

/** The globs among a list of artifact types, by that list. */
const globs = new WeakMap<readonly string[], readonly string[]>();

function globsOf(artifactTypes: readonly string[]): readonly string[] {
  const found = globs.get(artifactTypes) ?? artifactTypes.filter((pattern) => pattern !== IMAGE);
  globs.set(artifactTypes, found);
  return found;
}

function matchesArtifactType(artifactTypes: readonly string[], event: RegistryEvent): boolean {
  if (isImage(event) && artifactTypes.includes(IMAGE)) return true;
  return matchesSomeGlob(globsOf(artifactTypes), event.artifactType ?? "");
}

/** Returns the platform, and the same without its variant, which stands for any variant. */
function withoutVariants(platform: string): readonly string[] {
  const parts = platform.split("/");
  return parts.length > 2 ? [platform, parts.slice(0, 2).join("/")] : [platform];
}

/** Returns the platform in one form: in lower case, and arm64 without its default variant, v8 (image spec, "Platform Variants"). */
function normalPlatform(platform: string): string {
  return platform.toLowerCase().replace(/\/arm64\/v8$/, "/arm64");
}

/** Lists the first few items, so that the reason stays a sentence. */
function listed(items: readonly string[] = []): string {
  const shown = items.slice(0, 5).join(", ");
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}

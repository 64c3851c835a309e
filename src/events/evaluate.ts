import { matchTrigger, type MatchResult, newestOf } from "./match.ts";
import type { DeliverySubject } from "./delivery-store.ts";
import type { PlacedEvent } from "./outbox-store.ts";
import type { TagHolder, Trigger, TriggerStore } from "./trigger-store.ts";
import { compileTagRule } from "./tag-rule.ts";
import type { TriggerRules } from "./trigger.ts";

/**
 * Limits on the tags to compare a rule with, tried in turn: mostly the first few decide. Beyond the last,
 * the trigger refuses and does not guess.
 */
const LIMITS = [5, 500] as const;

/** The moment of the decision: when the queue's consumer makes it, or afterwards, for a person who asks how it would have been. */
export type Moment = "now" | "afterwards";

/** The decision of a trigger on an event. If it fires for a group, it has the group's members. */
export type Evaluation =
  | { readonly fires: true; readonly members: readonly DeliverySubject[] | null }
  | Extract<MatchResult, { fires: false }>;

type TagLookups = Pick<TriggerStore, "newerTags" | "tagIn">;

/** Decides if a trigger fires, by the tags that the repository had when the event happened. */
export async function evaluateTrigger(
  triggers: TagLookups,
  { rules }: Pick<Trigger, "rules">,
  stored: PlacedEvent,
  moment: Moment = "now",
): Promise<Evaluation> {
  if (rules === null) return refused("the trigger's rules are no longer understood: delete it and create it again");
  const alone = matchTrigger(rules.match, stored.event, { newestTag: null });
  if (!alone.fires) return alone;
  const newest = await againstOtherTags(triggers, rules, stored);
  if (!newest.fires) return newest;
  if (rules.group === undefined) return { fires: true, members: null };
  return completeGroup(triggers, rules.group, stored, moment === "now" ? null : stored.event.id);
}

async function againstOtherTags(
  triggers: TagLookups,
  { match }: TriggerRules,
  stored: PlacedEvent,
): Promise<MatchResult> {
  const { tag } = stored.event;
  if (match.tag?.onlyIfNewer !== true || tag === null) return { fires: true };
  const { newerThan, order, isSpent } = compileTagRule(match.tag);
  const newer = newerThan?.(tag) ?? null;
  // By push time, nothing is newer than a push as it happens.
  if (newer === null) return { fires: true };
  for (const limit of LIMITS) {
    if (isSpent()) break;
    const { tags, laterInPush, isCut } = await triggers.newerTags(stored, newer, limit);
    // If tags of one push are one version, as 1.2 and 1.2.0, the first that the push told of counts.
    const above = laterInPush.filter((other) => (order?.(other, tag) ?? 0) > 0);
    const newestTag = newestOf(
      match,
      [...tags, ...above].filter((other) => other !== tag),
    );
    const result = matchTrigger(match, stored.event, { newestTag });
    if (!result.fires || (!isCut && !isSpent())) return result;
  }
  if (isSpent()) {
    return refused(
      "the rule's regex takes too long for all tags that could be newer to be looked at: make it simpler, or bound its counts",
    );
  }
  return refused(
    `too many tags of the repository could be newer than ${tag} to check them all: narrow the rule's range, or make it strict`,
  );
}

/** Fires on the push that completes a group: all other members have the tag already, and for no longer than the group waits. */
async function completeGroup(
  triggers: TagLookups,
  { requireAll, timeoutSeconds }: NonNullable<TriggerRules["group"]>,
  { event, spaceId, repositoryId }: PlacedEvent,
  before: string | null,
): Promise<Evaluation> {
  const { path, tag, occurredAt } = event;
  if (tag === null)
    return refused("the event has no tag; the trigger waits for a group of repositories to have the same tag");
  if (!requireAll.includes(path)) return refused(`the repository ${path} is not in the trigger's group`);
  const others = requireAll.filter((one) => one !== path);
  const holders = await triggers.tagIn(spaceId, others, tag, before);
  const isRecent = ({ updatedAt }: TagHolder): boolean => updatedAt >= occurredAt - timeoutSeconds * 1000;
  const missing = others.filter((one) => !holders.some((holder) => holder.path === one));
  if (missing.length > 0) return refused(`waiting for ${missing.join(", ")} to have the tag ${tag} as well`);
  const late = holders.filter((holder) => !isRecent(holder)).map((holder) => holder.path);
  if (late.length > 0) {
    return refused(`${late.join(", ")} had the tag ${tag} more than ${timeoutSeconds} s before; push it again`);
  }
  const members = holders.map((holder) => ({ repositoryId: holder.repositoryId, digest: holder.digest }));
  return { fires: true, members: [{ repositoryId, digest: event.digest }, ...members] };
}

function refused(reason: string): Extract<MatchResult, { fires: false }> {
  return { fires: false, reason };
}

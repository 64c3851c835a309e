import { matchTrigger, type MatchResult, newestOf } from "./match.ts";
import type { DeliverySubject, PlacedEvent, TagHolder, Trigger, TriggerStore } from "./stores.ts";
import type { TriggerRules } from "./trigger.ts";

/** Tags looked at for rules that compare versions, the last by name: it bounds what a hostile rule costs. */
const MAX_TAGS = 2000;

/** Whether a trigger fires on an event; and for a group, on what. */
export type Evaluation =
  | { readonly fires: true; readonly members: readonly DeliverySubject[] | null }
  | Extract<MatchResult, { fires: false }>;

/** Decides as a consumer of the queue does, with what the database knows now. */
export async function evaluateTrigger(
  triggers: Pick<TriggerStore, "tagsOf" | "tagIn">,
  { rules }: Pick<Trigger, "rules">,
  stored: PlacedEvent,
): Promise<Evaluation> {
  if (rules === null) return refused("the trigger's rules are no longer understood: delete it and make it anew");
  const alone = matchTrigger(rules.match, stored.event, { newestTag: null });
  if (!alone.fires) return alone;
  const newest = await againstOtherTags(triggers, rules, stored);
  if (!newest.fires) return newest;
  return rules.group === undefined ? { fires: true, members: null } : completeGroup(triggers, rules.group, stored);
}

async function againstOtherTags(
  triggers: Pick<TriggerStore, "tagsOf">,
  { match }: TriggerRules,
  { event, repositoryId }: PlacedEvent,
): Promise<MatchResult> {
  if (match.tag?.onlyIfNewer !== true) return { fires: true };
  const tags = await triggers.tagsOf(repositoryId, MAX_TAGS);
  const newestTag = newestOf(
    match,
    tags.filter((tag) => tag !== event.tag),
  );
  return matchTrigger(match, event, { newestTag });
}

/** The push that makes a group complete fires: all others have the tag already, and not for longer than the group waits. */
async function completeGroup(
  triggers: Pick<TriggerStore, "tagIn">,
  { requireAll, timeoutSeconds }: NonNullable<TriggerRules["group"]>,
  { event, spaceId, repositoryId }: PlacedEvent,
): Promise<Evaluation> {
  const { path, tag, occurredAt } = event;
  if (tag === null) return refused("the event has no tag; the trigger waits for a group to have the same");
  if (!requireAll.includes(path)) return refused(`the repository ${path} is not of the trigger's group`);
  const others = requireAll.filter((one) => one !== path);
  const holders = await triggers.tagIn(spaceId, others, tag);
  const isRecent = ({ updatedAt }: TagHolder): boolean => updatedAt >= occurredAt - timeoutSeconds * 1000;
  const missing = others.filter((one) => !holders.some((holder) => holder.path === one));
  if (missing.length > 0) return refused(`it waits for ${missing.join(", ")} to have the tag ${tag} as well`);
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

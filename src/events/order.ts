/** The order in which a trigger's deliveries may reach a target. */
import { compileTagRule, type NewerTags, type TagRule } from "./tag-rule.ts";
import type { TriggerRules } from "./trigger.ts";

/** The part of a delivery that is compared: the tag that was set, and the event that set it. */
export interface Ordered {
  readonly tag: string;
  /** Ids of events are ordered by time. */
  readonly eventId: string;
}

export interface DeliveryOrder {
  /** True if pushes of other tags count too: they share a lane, and wait for each other. */
  readonly comparesTags: boolean;
  /** True if a push of any tag replaces those before it. */
  readonly isByPush: boolean;
  /** True if the other must not be delivered once this one was delivered or is on its way. */
  readonly supersedes: (one: Ordered, other: Ordered) => boolean;
  /**
   * Makes the search for tags that supersede one although they were pushed before it; null if none does.
   * Later pushes must always be compared.
   */
  readonly newerThan: ((tag: string) => NewerTags) | null;
  /** True once the rule has cost so much that it must compare no others. */
  readonly isSpent: () => boolean;
}

/** Outdates a push by a later one of the same tag, whatever a rule says. A target that only notifies has no other order. */
export const BY_TAG: DeliveryOrder = {
  comparesTags: false,
  isByPush: false,
  supersedes: (one, other) => one.tag === other.tag && one.eventId > other.eventId,
  newerThan: null,
  isSpent: () => false,
};

/** Makes the order of a trigger with these rules. @param rules null if this version cannot read them */
export function orderOf(rules: TriggerRules | null): DeliveryOrder {
  const tag = rules?.match.tag;
  return tag === undefined ? BY_TAG : orderOfTags(tag);
}

function orderOfTags(rule: TagRule): DeliveryOrder {
  const { refusal, order, newerThan, isSpent } = compileTagRule(rule);
  // A tag that the rule does not take, or no longer takes, has no say.
  const counts = ({ tag }: Ordered, other: Ordered): boolean => tag === other.tag || refusal(tag) === null;
  if (rule.order === "pushed") {
    return {
      comparesTags: true,
      isByPush: true,
      supersedes: (one, other) => one.eventId > other.eventId && counts(one, other),
      newerThan: null,
      isSpent,
    };
  }
  if (order === null) return BY_TAG;
  return {
    comparesTags: true,
    isByPush: false,
    supersedes(one, other) {
      const difference = order(one.tag, other.tag);
      const isLater = one.eventId > other.eventId;
      const isNewer = rule.onlyIfNewer ? difference > 0 || (difference === 0 && isLater) : difference >= 0 && isLater;
      return isNewer && counts(one, other);
    },
    newerThan: rule.onlyIfNewer ? newerThan : null,
    isSpent,
  };
}

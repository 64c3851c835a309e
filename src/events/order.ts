/** The order in which a trigger's deliveries may reach a target. */
import { compileTagRule, type NewerTags, type TagRule } from "./tag-rule.ts";
import type { TriggerRules } from "./trigger.ts";

/** The part of a delivery that is compared: its tag, which was set, and the event that did it. */
export interface Ordered {
  readonly tag: string;
  /** Ids of events are ordered by time. */
  readonly eventId: string;
}

export interface DeliveryOrder {
  /** Other tags count as well, beside other pushes of the same one: they share a lane, and wait for each other. */
  readonly comparesTags: boolean;
  /** A push of any tag takes the place of those before it. */
  readonly isByPush: boolean;
  /** After this one was delivered, or while it is on its way, the other must not be delivered. */
  readonly supersedes: (one: Ordered, other: Ordered) => boolean;
  /**
   * Makes the search for tags that supersede one although they were pushed before it; null where none does. Later pushes always have to be
   * compared.
   */
  readonly newerThan: ((tag: string) => NewerTags) | null;
  /** True once the rule has cost so much that no others must be compared. */
  readonly isSpent: () => boolean;
}

/** Outdates a push by a later one of the same tag, whatever else a rule says: the only order of a target that only notifies. */
export const BY_TAG: DeliveryOrder = {
  comparesTags: false,
  isByPush: false,
  supersedes: (one, other) => one.tag === other.tag && one.eventId > other.eventId,
  newerThan: null,
  isSpent: () => false,
};

/** Makes the order of a trigger with these rules; null: they are no longer understood. */
export function orderOf(rules: TriggerRules | null): DeliveryOrder {
  const tag = rules?.match.tag;
  return tag === undefined ? BY_TAG : orderOfTags(tag);
}

function orderOfTags(rule: TagRule): DeliveryOrder {
  const { refusal, order, newerThan, isSpent } = compileTagRule(rule);
  // What the rule no longer takes, or never did, has no say.
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

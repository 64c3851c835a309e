import type { SpaceGrant } from "../auth/space-grant.ts";
import { type Evaluation, evaluateTrigger } from "./evaluate.ts";
import type { EventType, RegistryEvent } from "./event.ts";
import type { EventStores } from "./stores.ts";
import type { TriggerRules } from "./trigger.ts";

/** Events in a preview at most: each may take a query. */
const PREVIEWED = 20;

/** Events that are searched, for a trigger that takes more than pushes. */
const SEARCHED = 100;

const PUSHES: readonly EventType[] = ["tag.created", "tag.updated"];

export interface PreviewedEvent {
  readonly event: RegistryEvent;
  readonly evaluation: Evaluation;
}

/**
 * Decides what a trigger with these rules would have done at the newest pushes, and at other events that
 * it takes; newest first. Each decision counts the tags that were there when the event happened. Throws
 * SPACE_UNKNOWN.
 * @param rules null if this version cannot read them
 */
export async function previewOf(
  { outbox, triggers }: Pick<EventStores, "outbox" | "triggers">,
  grant: SpaceGrant,
  rules: TriggerRules | null,
): Promise<readonly PreviewedEvent[]> {
  const wanted = new Set<EventType>([...PUSHES, ...(rules?.match.events ?? [])]);
  const pushesOnly = wanted.size === PUSHES.length;
  const page = await outbox.list(grant, { pushesOnly }, { limit: pushesOnly ? PREVIEWED : SEARCHED, last: null });
  const shown = page.entries.filter(({ event }) => wanted.has(event.type)).slice(0, PREVIEWED);
  return Promise.all(
    shown.map(async (stored) => ({
      event: stored.event,
      evaluation: await evaluateTrigger(triggers, { rules }, stored, "afterwards"),
    })),
  );
}

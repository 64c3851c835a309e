import { type Evaluation, evaluateTrigger } from "./evaluate.ts";
import type { EventType, RegistryEvent } from "./event.ts";
import type { EventStores, ListedEvent, TriggerStore } from "./stores.ts";
import type { TriggerRules } from "./trigger.ts";

/** What is previewed, at most: each may take a query. */
const PREVIEWED = 20;

/** Events that are looked through for a trigger that takes more than pushes. */
const LOOKED_AT = 100;

const PUSHES: readonly EventType[] = ["tag.created", "tag.updated"];

export interface PreviewedEvent {
  readonly event: RegistryEvent;
  readonly evaluation: Evaluation;
}

/**
 * What a trigger with these rules would have made of the newest pushes, and of what else it takes; newest first. Tags that
 * came later than an event are not held against it. Null when there is no such space.
 * @param rules null: they are no longer understood.
 */
export async function previewOf(
  { outbox, triggers }: Pick<EventStores, "outbox" | "triggers">,
  space: string,
  rules: TriggerRules | null,
): Promise<readonly PreviewedEvent[] | null> {
  const wanted = new Set<EventType>([...PUSHES, ...(rules?.match.events ?? [])]);
  const pushesOnly = wanted.size === PUSHES.length;
  const page = await outbox.list(space, { pushesOnly }, { limit: pushesOnly ? PREVIEWED : LOOKED_AT, last: null });
  if (page === null) return null;
  const shown = page.entries.filter(({ event }) => wanted.has(event.type)).slice(0, PREVIEWED);
  const known = remembering(triggers);
  return Promise.all(
    shown.map(async (stored, index) => ({
      event: stored.event,
      evaluation: await evaluateTrigger(without(known, shown.slice(0, index)), { rules }, stored),
    })),
  );
}

type Known = Pick<TriggerStore, "tagsOf" | "tagIn">;

/** The tags as they were before some events, as far as those tell: without what they created. */
function without(triggers: Known, later: readonly ListedEvent[]): Known {
  const created = new Set(
    later
      .filter(({ event }) => event.type === "tag.created")
      .map(({ event, repositoryId }) => key(repositoryId, event.tag)),
  );
  return {
    tagsOf: async (repositoryId, limit) =>
      (await triggers.tagsOf(repositoryId, limit)).filter((tag) => !created.has(key(repositoryId, tag))),
    tagIn: async (spaceId, paths, tag) =>
      (await triggers.tagIn(spaceId, paths, tag)).filter(({ repositoryId }) => !created.has(key(repositoryId, tag))),
  };
}

/** Asks for the tags of a repository once. */
function remembering(triggers: Known): Known {
  const tags = new Map<number, ReturnType<Known["tagsOf"]>>();
  return {
    tagIn: (...asked) => triggers.tagIn(...asked),
    tagsOf: (repositoryId, limit) => {
      const found = tags.get(repositoryId) ?? triggers.tagsOf(repositoryId, limit);
      tags.set(repositoryId, found);
      return found;
    },
  };
}

function key(repositoryId: number, tag: string | null): string {
  return `${repositoryId} ${tag}`;
}

import type { EventType, RegistryEvent } from "../event.ts";
import { defineTarget, type RequestTargetType, type TargetDefinition, UnsendableError } from "../target.ts";
import { AUTHORIZATION, literalAuthorization, NO_CONFIG, postJson } from "./request.ts";

/** The events of formats that know only pushes of tags. */
export const TAG_PUSHES = ["tag.created", "tag.updated"] as const satisfies readonly EventType[];

export interface TaggedEvent extends RegistryEvent {
  readonly tag: string;
}

/** Returns the event as one with a tag. Throws UnsendableError if it has none. */
export function requireTag(event: RegistryEvent): TaggedEvent {
  if (event.tag === null) throw new UnsendableError("the event has no tag");
  return { ...event, tag: event.tag };
}

export interface PushFormat extends Pick<TargetDefinition<object>, "type" | "title" | "description"> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: (event: TaggedEvent) => object;
}

/** Defines a target that takes another product's JSON for a push. Its secret, if there is one, is the Authorization header. */
export function definePushFormat({ type, title, description, headers, body }: PushFormat): RequestTargetType {
  return defineTarget({
    type,
    title,
    description,
    secret: "optional",
    secretField: AUTHORIZATION,
    events: TAG_PUSHES,
    config: NO_CONFIG,
    request(attempt) {
      const text = JSON.stringify(body(requireTag(attempt.event)));
      return postJson(attempt.url, text, { ...headers, ...literalAuthorization(attempt) });
    },
  });
}

/** Converts to whole seconds since the epoch. */
export function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

import { choiceOf, textOf } from "../../app/search.ts";

/** What activity can be narrowed to, as the API has it. */
const KINDS = [
  "tag",
  "manifest",
  "repository",
  "space",
  "token",
  "session",
  "trigger",
  "target",
  "delivery",
  "retention",
] as const;

export interface ActivitySearch {
  /** An actor's id. */
  readonly actor?: string | undefined;
  readonly kind?: (typeof KINDS)[number] | undefined;
}

export function activitySearch({ actor, kind }: Readonly<Record<string, unknown>>): ActivitySearch {
  return { actor: textOf(actor), kind: choiceOf(KINDS, kind) };
}

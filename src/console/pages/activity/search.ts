import { operations } from "../../../contract/operations.ts";
import { choiceOf, textOf } from "../../app/search.ts";

/** Kinds of subject that the list can be narrowed to. */
const KINDS = operations.listActivity.query.shape.kind.unwrap().options;

export interface ActivitySearch {
  /** An actor's id. */
  readonly actor?: string | undefined;
  readonly kind?: (typeof KINDS)[number] | undefined;
}

export function activitySearch({ actor, kind }: Readonly<Record<string, unknown>>): ActivitySearch {
  return { actor: textOf(actor), kind: choiceOf(KINDS, kind) };
}

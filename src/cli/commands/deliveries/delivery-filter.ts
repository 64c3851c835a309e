import * as z from "zod";
import { operations } from "../../../contract/operations.ts";
import { TARGETS, TRIGGERS } from "../../managed/kinds.ts";
import { idOf, namesOf } from "../../managed/named.ts";
import type { SpaceScene } from "../../managed/shapes.ts";

const status = operations.listDeliveries.query.shape.status;

/** The options that select deliveries. */
export const FILTER_OPTIONS = {
  "--status <status>": `only deliveries with this status: ${status.unwrap().options.join(", ")}`,
  "--event <event>": "only deliveries of this event, by id",
  "--trigger <trigger>": "only deliveries of this trigger, by name or id",
  "--target <target>": "only deliveries to this target, by name or id",
} as const;

const text = z.string().optional();

export const filterInput = z.object({ status, event: text, trigger: text, target: text });

type Filter = z.output<typeof filterInput>;

/** Returns the filter with ids in place of names. */
export async function filterOf(scene: SpaceScene, { status: wanted, event, trigger, target }: Filter): Promise<Filter> {
  return {
    status: wanted,
    event,
    trigger: trigger === undefined ? undefined : await idOf(scene, TRIGGERS, trigger),
    target: target === undefined ? undefined : await idOf(scene, TARGETS, target),
  };
}

/** Functions that return the names of triggers and targets. */
export interface DeliveryNames {
  readonly trigger: (id: string) => string;
  readonly target: (id: string) => string;
}

/** Reads the names for people only; scripts get the ids. */
export async function deliveryNames(scene: SpaceScene): Promise<DeliveryNames> {
  if (scene.output.isJson) return { trigger: String, target: String };
  const [trigger, target] = await Promise.all([namesOf(scene, TRIGGERS), namesOf(scene, TARGETS)]);
  return { trigger, target };
}

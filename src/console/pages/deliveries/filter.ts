import { operations } from "../../../contract/operations.ts";
import { choiceOf, textOf } from "../../app/search.ts";

export const STATUSES = operations.listDeliveries.query.shape.status.unwrap().options;

/** The filter of the list, as in the page's address. */
export interface DeliveryFilter {
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly trigger?: string | undefined;
  readonly target?: string | undefined;
  readonly event?: string | undefined;
}

/** Reads the filter from an address, and ignores values that are none. */
export function parseDeliveryFilter({
  status,
  trigger,
  target,
  event,
}: Readonly<Record<string, unknown>>): DeliveryFilter {
  return {
    status: choiceOf(STATUSES, status),
    trigger: textOf(trigger),
    target: textOf(target),
    event: textOf(event),
  };
}

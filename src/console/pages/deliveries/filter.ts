export const STATUSES = ["pending", "running", "delivered", "failed", "superseded"] as const;

/** Which deliveries are shown, as the page's address says it. */
export interface DeliveryFilter {
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly trigger?: string | undefined;
  readonly target?: string | undefined;
  readonly event?: string | undefined;
}

/** Reads an address; what is no filter counts as none. */
export function parseDeliveryFilter({
  status,
  trigger,
  target,
  event,
}: Readonly<Record<string, unknown>>): DeliveryFilter {
  return {
    status: STATUSES.find((known) => known === status),
    trigger: text(trigger),
    target: text(target),
    event: text(event),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

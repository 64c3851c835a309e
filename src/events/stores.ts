/** The storage that events need. Each store has a file beside this one. */
import type { DeliveryStore } from "./delivery-store.ts";
import type { DeployedStore } from "./deployed.ts";
import type { QueueMessage } from "./messages.ts";
import type { OutboxStore } from "./outbox-store.ts";
import type { TargetStore } from "./target-store.ts";
import type { TriggerStore } from "./trigger-store.ts";

export { type Delivery, DELIVERY_STATUSES } from "./delivery-store.ts";
export type { ListedEvent, PlacedEvent } from "./outbox-store.ts";
export type { Target } from "./target-store.ts";
export type { Trigger } from "./trigger-store.ts";

export interface EventQueue {
  /** Sends messages. @param delay seconds before a consumer gets them */
  send(messages: readonly QueueMessage[], delay?: number): Promise<void>;
}

export interface EventStores {
  readonly outbox: OutboxStore;
  readonly targets: TargetStore;
  readonly triggers: TriggerStore;
  readonly deliveries: DeliveryStore;
  readonly deployed: DeployedStore;
  readonly queue: EventQueue;
}

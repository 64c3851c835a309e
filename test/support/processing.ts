import { env } from "cloudflare:workers";
import * as z from "zod";
import type { QueueMessage } from "../../src/events/messages.ts";
import { processMessage } from "../../src/events/process.ts";
import type { Processing } from "../../src/events/processing.ts";
import type { Answer, TargetRequest } from "../../src/events/target.ts";
import { d1Deliveries } from "../../src/storage/d1/events/deliveries.ts";
import { d1Deployed } from "../../src/storage/d1/events/deployed.ts";
import { d1Outbox } from "../../src/storage/d1/events/outbox.ts";
import { d1Targets } from "../../src/storage/d1/events/targets.ts";
import { d1Triggers } from "../../src/storage/d1/events/triggers.ts";
import { readSmallObject } from "../../src/storage/r2/small-object.ts";
import { secretBox } from "../../src/storage/secret-box.ts";
import { pushImage } from "./content.ts";
import { makeSpace } from "./registry.ts";

export const OK: Answer = { status: 200, body: "thanks", retryAfter: null };
export const BROKEN: Answer = { status: 500, body: "no", retryAfter: null };

interface Queued {
  readonly message: QueueMessage;
  /** Seconds. */
  readonly delay: number;
}

/**
 * A space whose events are processed by hand, on the real database. The queue and the receivers are fakes,
 * so that a test decides what fails and when.
 */
export interface Workshop {
  readonly space: string;
  /** A credential that may push. */
  readonly as: string;
  /** The requests that were sent, in order. */
  readonly sent: TargetRequest[];
  readonly queued: Queued[];
  /** Milliseconds since the epoch. */
  clock: number;
  answer: (request: TargetRequest) => Answer;
  /** Runs before each call to a store or the queue, and after it took effect; throws to make it fail. */
  fault: (call: string) => void;
}

let spaces = 0;

export async function openWorkshop(purpose: string): Promise<Workshop> {
  spaces += 1;
  const space = `${purpose}${spaces}`;
  const as = await makeSpace(space);
  return { space, as, sent: [], queued: [], clock: Date.now(), answer: () => OK, fault: () => undefined };
}

/** Makes every method able to fail, before it runs and after. */
function faulty<T extends object>(workshop: Workshop, name: string, store: T): T {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        workshop.fault(`before ${name}.${String(property)}`);
        const result: unknown = await Reflect.apply(value, target, args);
        workshop.fault(`after ${name}.${String(property)}`);
        return result;
      };
    },
  });
}

export function processingOf(workshop: Workshop): Processing {
  const box = secretBox(env.ENCRYPTION_KEY);
  return {
    stores: {
      outbox: faulty(workshop, "outbox", d1Outbox(env.DB)),
      targets: faulty(workshop, "targets", d1Targets(env.DB, box)),
      triggers: faulty(workshop, "triggers", d1Triggers(env.DB)),
      deliveries: faulty(workshop, "deliveries", d1Deliveries(env.DB, box)),
      deployed: faulty(workshop, "deployed", d1Deployed(env.DB)),
      queue: faulty(workshop, "queue", {
        send: async (messages, delay = 0) => {
          workshop.queued.push(...messages.map((message) => ({ message, delay })));
        },
      }),
    },
    readConfig: (object) => readSmallObject(env.BLOBS, object),
    send: async (request) => {
      workshop.sent.push(request);
      return workshop.answer(request);
    },
    rules: { allowLocal: false, ownHosts: ["registry.test"] },
    now: () => new Date(workshop.clock),
    identityToken: async ({ id }, _event, audience) => `${id} for ${audience}`,
  };
}

const idRows = z.array(z.looseObject({ id: z.string() }));

/** Returns the ids of a space's tag events, oldest first. */
export async function tagEventsOf(space: string): Promise<readonly string[]> {
  const sql = `SELECT e.id FROM events e JOIN spaces s ON s.id = e.space_id WHERE s.name = ? AND e.tag IS NOT NULL ORDER BY e.id`;
  return idRows.parse((await env.DB.prepare(sql).bind(space).all()).results).map(({ id }) => id);
}

export const event = (id: string): QueueMessage => ({ kind: "event", id });

/** Pushes an image to a repository of the workshop's space; returns its event's id. */
export async function pushTo({ space, as }: Workshop, path: string, tag: string, seed = 1): Promise<string> {
  await pushImage(`${space}/${path}`, as, tag, seed);
  return (await tagEventsOf(space)).at(-1) ?? "";
}

/** Handles the queue's messages until none is left, whatever their delays. */
export async function drain(workshop: Workshop): Promise<void> {
  for (let next = workshop.queued.shift(); next !== undefined; next = workshop.queued.shift()) {
    await processMessage(processingOf(workshop), next.message);
  }
}

/** Pushes, and processes everything that follows from the push. */
export async function pushAndDeliver(workshop: Workshop, path: string, tag: string, seed = 1): Promise<void> {
  await processMessage(processingOf(workshop), event(await pushTo(workshop, path, tag, seed)));
  await drain(workshop);
}

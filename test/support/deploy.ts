import { vi } from "vitest";
import * as z from "zod";
import { manage } from "./registry.ts";

/** A delivery as its receiver got it. */
interface Received {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers every delivery, and keeps what was sent. */
export function receive(answer: (received: Received) => Response | Promise<Response>): Received[] {
  const all: Received[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const received = { url: request.url, headers: request.headers, body: await request.text() };
    all.push(received);
    return answer(received);
  });
  return all;
}

const made = z.looseObject({ id: z.string(), secret: z.string().optional() });

export type Made = z.infer<typeof made>;

async function make(path: string, body: object): Promise<Made> {
  const answer = await manage("POST", path, body);
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return made.parse(await answer.json());
}

/** Creates a target for our own signed webhooks at this address. */
export function makeTarget(space: string, url: string, more: object = {}): Promise<Made> {
  return make(`spaces/${space}/targets`, { name: "hook", type: "standard-webhook", url, ...more });
}

export function makeTrigger(
  space: string,
  targets: readonly string[],
  match: object = {},
  more: object = {},
): Promise<Made> {
  return make(`spaces/${space}/triggers`, { name: "any push", match, targets, ...more });
}

const deliveries = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
      tag: z.string().nullable(),
      attempts: z.int(),
    }),
  ),
});

export type ListedDelivery = z.infer<typeof deliveries>["items"][number];

export async function deliveriesOf(space: string, query = ""): Promise<readonly ListedDelivery[]> {
  const answer = await manage("GET", `spaces/${space}/deliveries${query}`);
  return deliveries.parse(await answer.json()).items;
}

const events = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      data: z.looseObject({ repository: z.string(), tag: z.string().nullable() }),
      triggers: z
        .array(z.object({ trigger: z.string(), fires: z.boolean(), reason: z.string().nullable() }))
        .nullable(),
    }),
  ),
});

/** Lists the space's events of tags, newest first, with their triggers' verdicts. */
export async function eventsOf(space: string): Promise<z.infer<typeof events>["items"]> {
  const { items } = events.parse(await (await manage("GET", `spaces/${space}/events`)).json());
  return items.filter(({ data }) => data.tag !== null);
}

const attempts = z.object({
  attempts: z.array(
    z.looseObject({ number: z.int(), status: z.int().nullable(), outcome: z.string(), detail: z.string() }),
  ),
});

export async function attemptsOf(space: string, id: string): Promise<z.infer<typeof attempts>["attempts"]> {
  const answer = await manage("GET", `spaces/${space}/deliveries/${id}`);
  return attempts.parse(await answer.json()).attempts;
}

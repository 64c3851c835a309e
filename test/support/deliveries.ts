/** Looks at a space's deliveries, in tests that have them processed by hand: see `Workshop`. */
import { expect } from "vitest";
import * as z from "zod";
import { processMessage } from "../../src/events/process.ts";
import type { MessageOutcome } from "../../src/events/processing.ts";
import type { Answer } from "../../src/events/target.ts";
import { deliveriesOf, type ListedDelivery } from "./deploy.ts";
import { BROKEN, OK, processingOf, pushAndDeliver, type Workshop } from "./processing.ts";
import { manage } from "./registry.ts";

/** The address of receivers. */
export const HOOK = "https://receiver.example.com/hook";

/** Fires for a version that is newer than all others. */
export const NEWER = { tag: { type: "semver", value: "*", onlyIfNewer: true } };

const sentDocument = z.object({ data: z.object({ repository: z.string(), tag: z.string().nullable() }) });

/** Returns the events that the receiver was told of, in order. */
export function toldOf({ sent }: Workshop): readonly z.infer<typeof sentDocument>["data"][] {
  return sent.map(({ body }) => sentDocument.parse(JSON.parse(body ?? "")).data);
}

/** Returns the tags that the receiver was told of, in order. */
export function tagsSent(shop: Workshop): readonly (string | null)[] {
  return toldOf(shop).map(({ tag }) => tag);
}

/** Finds a tag's newest delivery. @param query of the list */
export async function deliveryOf(shop: Workshop, tag: string, query = ""): Promise<ListedDelivery> {
  const found = (await deliveriesOf(shop.space, query)).find((one) => one.tag === tag);
  if (found === undefined) throw new Error(`nothing is to be delivered of ${tag}`);
  return found;
}

export async function statusOf(shop: Workshop, tag: string, query = ""): Promise<string> {
  const { status, reason } = await deliveryOf(shop, tag, query);
  return reason === null ? status : `${status}: ${reason}`;
}

/** Attempts a tag's newest delivery, however long that is to wait. */
export async function attempt(shop: Workshop, tag: string, query = ""): Promise<MessageOutcome> {
  shop.clock += 40_000_000;
  return processMessage(processingOf(shop), { kind: "delivery", id: (await deliveryOf(shop, tag, query)).id });
}

/** Begins an attempt whose receiver answers only once `answer` is called; `ended` then resolves to its outcome. */
export async function attemptSlowly(
  shop: Workshop,
  tag: string,
): Promise<{ answer: (answer: Answer) => void; ended: Promise<MessageOutcome> }> {
  const { promise, resolve: answer } = Promise.withResolvers<Answer>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<null>();
  const slow = { ...processingOf(shop), send: async () => (begin(null), promise) };
  const ended = processMessage(slow, { kind: "delivery", id: (await deliveryOf(shop, tag)).id });
  await begun;
  return { answer, ended };
}

/** Pushes versions, which the receiver refuses for now. */
export async function pushRefused(shop: Workshop, ...tags: readonly string[]): Promise<void> {
  shop.answer = () => BROKEN;
  for (const tag of tags) await pushAndDeliver(shop, "web", tag, seedOf(tag));
  shop.answer = () => OK;
  shop.sent.length = 0;
}

/** Returns a seed that makes another image for each tag. */
export function seedOf(tag: string): number {
  return tag.split("").reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 100_000, 7);
}

export async function deleteTag({ space }: Workshop, tag: string, repository = "web"): Promise<void> {
  const answer = await manage("POST", `spaces/${space}/tags:delete`, { repository, tags: [tag] });
  expect(answer.status).toBe(200);
}

export async function changeTrigger({ space }: Workshop, id: string, change: object): Promise<void> {
  expect((await manage("PATCH", `spaces/${space}/triggers/${id}`, change)).status).toBe(200);
}

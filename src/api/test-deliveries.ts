import * as z from "zod";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { tryOnce } from "../events/deliver.ts";
import { eventDocument, type RegistryEvent } from "../events/event.ts";
import { matchTrigger } from "../events/match.ts";
import { findTargetType } from "../events/target-types.ts";
import { space } from "../guard.ts";
import { RegistryError } from "../oci/errors.ts";
import { noteInSpace } from "./activity.ts";
import { type Answer, defineOperation } from "./operation.ts";
import { pushOf } from "./sample-events.ts";
import { requireTarget } from "./targets.ts";
import { requireTrigger } from "./triggers.ts";

/** The most events that a test searches for one that fits. */
const LOOKED_AT = 100;

const testInput = z
  .strictObject({
    repository: z.string().max(255).meta({ description: "The path within the space." }).optional(),
    tag: z.string().max(128).optional(),
  })
  .refine(
    (test) => (test.repository === undefined) === (test.tag === undefined),
    "give both repository and tag, or neither",
  );

const resultOutput = z.object({
  target: z.string(),
  name: z.string(),
  outcome: z.string(),
  status: z.int().nullable(),
  milliseconds: z.int(),
  detail: z.string().meta({ description: "The beginning of the answer, or what went wrong." }),
});

const testOutput = z.object({
  event: z.looseObject({ type: z.string() }).meta({ description: "What was sent." }),
  results: z.array(resultOutput),
});

/** Sends each target once, now, what it would get for a push. Nothing of it is stored. */
export const testTrigger = defineOperation({
  id: "testTrigger",
  method: "POST",
  path: "/api/v1/spaces/:space/triggers/:id/test",
  guard: space,
  summary: "Send each target of a trigger a test delivery now, and show the answers",
  body: testInput,
  answer: testOutput,
  async run(call) {
    const { id: subject, name, rules, targets } = await requireTrigger(call, call.params["id"]);
    const event = await wantedPush(
      call,
      (candidate) => rules !== null && matchTrigger(rules.match, candidate, { newestTag: null }).fires,
    );
    const results = await Promise.all(targets.map((id) => sendTest(call, id, event)));
    await noteInSpace(call, "trigger.tested", { subject, name });
    return { event: eventDocument(event), results };
  },
});

/** Like testTrigger, for one target. */
export const testTarget = defineOperation({
  id: "testTarget",
  method: "POST",
  path: "/api/v1/spaces/:space/targets/:id/test",
  guard: space,
  summary: "Send a target a test delivery now, and show its answer",
  body: testInput,
  answer: testOutput,
  async run(call) {
    const { id, name, type: kind } = await requireTarget(call);
    const takes = findTargetType(kind)?.events ?? [];
    const event = await wantedPush(call, ({ type }) => takes.includes(type));
    const results = [await sendTest(call, id, event)];
    await noteInSpace(call, "target.tested", { subject: id, name });
    return { event: eventDocument(event), results };
  },
});

type Place = Pick<SpaceCall, "registry" | "grant">;

async function sendTest(
  { registry, grant }: Place,
  id: string,
  event: RegistryEvent,
): Promise<Answer<typeof resultOutput>> {
  const { events, delivering } = registry;
  const target = await events.targets.open(grant, id);
  const began = delivering.now();
  const sending = { deliveryId: generateId("dlv_test"), event, target, progress: null };
  const { verdict: outcome, status, detail } = await tryOnce(delivering, sending, began);
  const milliseconds = delivering.now().getTime() - began.getTime();
  return { target: id, name: target?.target.name ?? "", outcome, status, milliseconds, detail };
}

/** Makes a push of the tag that the body names. If it names none, finds the newest event that fits. */
async function wantedPush(
  call: Place & { readonly body: z.output<typeof testInput> },
  fits: (event: RegistryEvent) => boolean,
): Promise<RegistryEvent> {
  const { repository, tag } = call.body;
  if (repository !== undefined && tag !== undefined) {
    const push = await pushOf(call, repository, tag, "tag.updated");
    if (push === null) throw new RegistryError("MANIFEST_UNKNOWN");
    return push.event;
  }
  const { outbox } = call.registry.events;
  const page = await outbox.list(call.grant, { pushesOnly: false }, { limit: LOOKED_AT, last: null });
  const found = page?.entries.find(({ event }) => fits(event));
  if (found === undefined) throw new RegistryError("NOTHING_TO_TEST");
  return found.event;
}

import type { z } from "zod";
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import { tryOnce } from "../events/deliver.ts";
import { evaluateTrigger } from "../events/evaluate.ts";
import { eventDocument, type EventType, type RegistryEvent, repositoryOf } from "../events/event.ts";
import { matchTrigger } from "../events/match.ts";
import { type PreviewedEvent, previewOf } from "../events/preview.ts";
import type { PlacedEvent } from "../events/stores.ts";
import { findTargetType } from "../events/target-types.ts";
import type { TriggerMatch } from "../events/trigger.ts";
import { RegistryError } from "../oci/errors.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { noteInSpace } from "./activity.ts";
import { previewInput, pushesPreviewInput, testInput } from "./event-schemas.ts";
import { isoTime } from "./answer.ts";
import { readBody } from "./input.ts";
import { requireTrigger } from "./triggers.ts";

/** Triggers and targets, tried before they are relied on. */

/** Events among which a test looks for one that fits. */
const LOOKED_AT = 100;

/** Checks if a push to this tag would fire, and if not, why. */
export async function previewTrigger(call: SpaceCall): Promise<Response> {
  const { registry } = call;
  const { trigger, match, group, debounceSeconds, repository, tag } = await readBody(previewInput, call);
  const rules =
    match === undefined ? (await requireTrigger(call, trigger ?? "")).rules : { match, group, debounceSeconds };
  const wanted = rules?.match.events.includes("tag.created") ? "tag.created" : "tag.updated";
  const stored =
    (await pushOf(call, repository, tag, wanted)) ?? assumedPush(call, repository, tag, wanted, rules?.match ?? null);
  const evaluation = await evaluateTrigger(registry.events.triggers, { rules }, stored);
  return Response.json(evaluation.fires ? { fires: true } : evaluation);
}

/** What a trigger would have made of the last pushes, had it been there. */
export async function previewPushes(call: SpaceCall): Promise<Response> {
  const { registry, grant } = call;
  const { trigger, match, group, debounceSeconds } = await readBody(pushesPreviewInput, call);
  const rules =
    match === undefined ? (await requireTrigger(call, trigger ?? "")).rules : { match, group, debounceSeconds };
  const previewed = await previewOf(registry.events, grant.space, rules);
  if (previewed === null) throw new RegistryError("SPACE_UNKNOWN");
  return Response.json({ pushes: previewed.map(previewView) });
}

function previewView({ event, evaluation }: PreviewedEvent): object {
  const { id, type, occurredAt, tag, digest } = event;
  const reason = evaluation.fires ? null : evaluation.reason;
  const told = { event: id, type, timestamp: isoTime(occurredAt), repository: repositoryOf(event), tag, digest };
  return { ...told, fires: evaluation.fires, reason };
}

/** Sends each target what it would be sent for a push, now and once. Nothing is kept of it. */
export async function testTrigger(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const wanted = await readBody(testInput, call);
  const { id: subject, name, rules, targets } = await requireTrigger(call, params["id"] ?? "");
  const event = await wantedPush(
    call,
    wanted,
    (candidate) => rules !== null && matchTrigger(rules.match, candidate, { newestTag: null }).fires,
  );
  const results = await Promise.all(targets.map((id) => sendTest(registry, grant.space, id, event)));
  await noteInSpace(call, "trigger.tested", { subject, name });
  return Response.json({ event: eventDocument(event), results });
}

/** Sends one target what it would be sent for a push, likewise. */
export async function testTarget(call: SpaceCall): Promise<Response> {
  const { registry, grant, params } = call;
  const { repository, tag } = await readBody(testInput, call);
  const id = params["id"] ?? "";
  const target = await registry.events.targets.find(grant.space, id);
  if (target === null) throw new RegistryError("TARGET_UNKNOWN");
  const takes = findTargetType(target.type)?.events ?? [];
  const event = await wantedPush(call, { repository, tag }, ({ type }) => takes.includes(type));
  const results = [await sendTest(registry, grant.space, id, event)];
  await noteInSpace(call, "target.tested", { subject: id, name: target.name });
  return Response.json({ event: eventDocument(event), results });
}

async function sendTest(
  { events, delivering }: SpaceCall["registry"],
  space: string,
  id: string,
  event: RegistryEvent,
): Promise<object> {
  const target = await events.targets.open(space, id);
  const began = delivering.now();
  const sending = { deliveryId: generateId("dlv_test"), event, target, progress: null };
  const { verdict: outcome, status, detail } = await tryOnce(delivering, sending, began);
  const milliseconds = delivering.now().getTime() - began.getTime();
  return { target: id, name: target?.target.name ?? "", outcome, status, milliseconds, detail };
}

/** A push of the tag that is named; where none is, the newest event that fits by itself. */
async function wantedPush(
  call: SpaceCall,
  { repository, tag }: z.output<typeof testInput>,
  fits: (event: RegistryEvent) => boolean,
): Promise<RegistryEvent> {
  if (repository !== undefined && tag !== undefined) {
    const push = await pushOf(call, repository, tag, "tag.updated");
    if (push === null) throw new RegistryError("MANIFEST_UNKNOWN");
    return push.event;
  }
  const { outbox } = call.registry.events;
  const page = await outbox.list(call.grant.space, { pushesOnly: false }, { limit: LOOKED_AT, last: null });
  const found = page?.entries.find(({ event }) => fits(event));
  if (found === undefined) throw new RegistryError("NOTHING_TO_TEST");
  return found.event;
}

/** A push of what the tag points to; null when there is no such tag. */
async function pushOf(
  { registry, grant }: SpaceCall,
  path: string,
  tag: string,
  type: EventType,
): Promise<PlacedEvent | null> {
  const found = await registry.events.triggers.tagged(grant.space, path, tag);
  if (found === null) return null;
  const { spaceId, repositoryId, ...manifest } = found;
  const shared = pushEvent(registry.realm.service, grant.space, path, tag, type);
  return { spaceId, repositoryId, event: { ...shared, ...manifest } };
}

/** A push of an ordinary image with the platforms that are asked for, to a repository that nobody has to have. */
function assumedPush(
  { registry, grant }: SpaceCall,
  path: string,
  tag: string,
  type: EventType,
  match: TriggerMatch | null,
): PlacedEvent {
  const shared = pushEvent(registry.realm.service, grant.space, path, tag, type);
  return { spaceId: 0, repositoryId: 0, event: { ...shared, platforms: match?.platforms?.all ?? [] } };
}

function pushEvent(registry: string, space: string, path: string, tag: string, type: EventType): RegistryEvent {
  return {
    id: generateId("evt_test"),
    type,
    occurredAt: Date.now(),
    registry,
    space,
    path,
    tag,
    digest: `sha256:${"0".repeat(64)}`,
    previousDigest: null,
    mediaType: OCI_INDEX,
    artifactType: null,
    size: 0,
    platforms: [],
    actor: { id: "test", name: "test" },
  };
}

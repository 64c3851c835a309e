import { addressProblem } from "./address.ts";
import type { RegistryEvent } from "./event.ts";
import { ANSWER_WITHIN, type Delivering, type MessageOutcome, type Processing } from "./processing.ts";
import { type Redaction, redactionOf } from "./redact.ts";
import { nextAttemptIn } from "./schedule.ts";
import { reasonNotToSend } from "./staleness.ts";
import type { AttemptRecord, ClaimedDelivery, DeliveryResult, Leases } from "./delivery-store.ts";
import type { OpenTarget, TargetSecrets } from "./target-store.ts";
import { type Outcome, type Sender, UnsendableError } from "./target.ts";
import { findTargetType, targetTypeNames } from "./target-types.ts";

/** Requests that one attempt may make: for a release, deployments and their tasks. */
const MAX_REQUESTS = 60;

/**
 * Milliseconds since the claim within which an attempt may begin requests. A target that is followed takes
 * several, one after the other.
 */
const BEGIN_WITHIN = { followed: 3 * ANSWER_WITHIN, other: 10_000 } as const;

/** Milliseconds that the database has to record the outcome of an attempt. */
const RECORD_WITHIN = 10_000;

/**
 * Returns the milliseconds for which an attempt keeps its delivery and its lane to itself, by target type.
 * If its consumer dies, the other deliveries of the lane wait that long. A shorter lease would not do: the
 * last request may begin late and its answer may come late, and until then another delivery could overtake
 * it.
 */
function leases(): Leases {
  return Object.fromEntries(targetTypeNames().map((name) => [name, beginWithin(name) + ANSWER_WITHIN + RECORD_WITHIN]));
}

function beginWithin(type: string): number {
  return findTargetType(type)?.canBeFollowed === true ? BEGIN_WITHIN.followed : BEGIN_WITHIN.other;
}

/** Milliseconds after which a target that only ever fails is switched off: 5 days. */
const DISABLED_AFTER = 5 * 86_400_000;

/** An event to send to a target, by a delivery or for a test. */
export interface Sending {
  readonly deliveryId: string;
  /** Null if it is gone. */
  readonly event: RegistryEvent | null;
  readonly target: OpenTarget | null;
  readonly progress: unknown;
}

/** The most other deliveries that one message sends first, so that a replay keeps its order. */
const MOST_BEFORE = 10;

/** Seconds after which a delivery that waits for others looks again. */
const SOON = 1;

/** Attempts a delivery that is due, records the result, and says when to come back. */
export async function attemptDelivery(processing: Processing, id: string): Promise<MessageOutcome> {
  for (let sent = 0; sent < MOST_BEFORE; sent++) {
    const turn = await takeTurn(processing, id);
    if (turn.before === null) return turn.outcome;
    // The message for the one before may be lost or late, so this message sends it.
    if (!(await takeTurn(processing, turn.before)).attempted) break;
  }
  return { retryIn: SOON };
}

interface Turn {
  readonly outcome: MessageOutcome;
  readonly attempted: boolean;
  /** Another delivery that must be sent first; null if none. */
  readonly before: string | null;
}

async function takeTurn(processing: Processing, id: string): Promise<Turn> {
  const { deliveries } = processing.stores;
  const began = processing.now();
  const claim = await deliveries.claim(id, began.getTime(), leases());
  if (claim === "over") return { outcome: "done", attempted: false, before: null };
  if ("later" in claim) return { outcome: { retryIn: claim.later }, attempted: false, before: null };
  if ("before" in claim) return { outcome: { retryIn: SOON }, attempted: false, before: claim.before };
  const reason = await reasonNotToSend(deliveries, claim);
  if (reason === null)
    return { outcome: await attemptClaimed(processing, claim, began), attempted: true, before: null };
  await deliveries.supersede(id, reason, began.getTime());
  return { outcome: "done", attempted: true, before: null };
}

async function attemptClaimed(processing: Processing, claim: ClaimedDelivery, began: Date): Promise<MessageOutcome> {
  const { id, targetId, attempts } = claim.delivery;
  const outcome = await tryOnce(processing, { ...claim, deliveryId: id }, began);
  const ended = processing.now();
  const attempted: AttemptRecord = {
    number: attempts,
    at: began.getTime(),
    milliseconds: ended.getTime() - began.getTime(),
    status: outcome.status,
    outcome: outcome.verdict,
    detail: outcome.detail,
  };
  const wait = waitAfter(outcome, claim.tries);
  const result = resultOf(claim, outcome, attempted, wait, ended);
  await processing.stores.deliveries.record(id, targetId, result, ended.getTime());
  return wait === null ? "done" : { retryIn: wait };
}

/** Returns the seconds until the next attempt; null if there is none. */
function waitAfter({ verdict, wait }: Outcome, tries: number): number | null {
  if (verdict === "running") return wait ?? 0;
  return verdict === "retry" ? nextAttemptIn(tries, wait, Math.random()) : null;
}

/** Makes one attempt, which began at `now`. It never rejects, and its detail holds no secret. */
export async function tryOnce(delivering: Delivering, sending: Sending, now: Date): Promise<Outcome> {
  const { target, event, progress } = sending;
  if (event === null) return refused("the event no longer exists");
  if (target === null) return refused("the target was deleted");
  if (!target.target.enabled) return refused("the target is disabled");
  const { type: name, config } = target.target;
  const type = findTargetType(name);
  if (type === null) return refused(`unknown target type ${name}`);
  const redaction = redactionOf(target);
  const until = now.getTime() + beginWithin(type.type);
  const attempt = {
    event,
    deliveryId: sending.deliveryId,
    now,
    url: target.address,
    config,
    secrets: valid(target.secrets, now),
    progress,
    identityToken: async (audience: string) =>
      redaction.noteSecret(await delivering.identityToken(target.target, event, audience)),
  };
  try {
    const outcome = await type.deliver(attempt, guarded(delivering, target, event.registry, redaction, until));
    return { ...outcome, detail: redaction.shown(outcome.detail) };
  } catch (fault) {
    if (fault instanceof UnsendableError) return refused(redaction.shown(fault.message));
    const detail = fault instanceof Error ? fault.message : "no answer";
    return { verdict: "retry", status: null, detail: redaction.shown(detail), wait: null, progress, health: "bad" };
  }
}

/**
 * Makes a sender that checks each address again, since rules may have changed since the target was
 * created, and that bounds requests and time.
 * @param registry the host that the event's pusher used, which is this registry too
 * @param until the time by which the last request must begin
 */
function guarded(
  { send, rules: { ownHosts, ...rules }, now }: Delivering,
  { address }: OpenTarget,
  registry: string,
  redaction: Redaction,
  until: number,
): Sender {
  let requests = 0;
  return async (request, keep, needsBody) => {
    for (const url of [address, request.url]) {
      const problem = addressProblem(url, { ...rules, ownHosts: [...ownHosts, registry] });
      if (problem !== null) throw new UnsendableError(`the target's address is not allowed: ${problem}`);
    }
    requests += 1;
    if (requests > MAX_REQUESTS || now().getTime() > until) throw new Error("the attempt took too long");
    redaction.note(request);
    return send(request, keep, needsBody);
  };
}

function refused(detail: string): Outcome {
  return { verdict: "failed", status: null, detail, wait: null, progress: null, health: "unknown" };
}

function valid({ current, previous, previousUntil }: TargetSecrets, now: Date): readonly string[] {
  const both = previousUntil !== null && previousUntil > now.getTime() ? [current, previous] : [current];
  return both.filter((secret) => secret !== null);
}

function resultOf(
  { target }: ClaimedDelivery,
  { verdict, progress, health }: Outcome,
  attempt: AttemptRecord,
  wait: number | null,
  now: Date,
): DeliveryResult {
  const { failingSince = null } = target?.target ?? {};
  const failingFor = failingSince === null ? 0 : now.getTime() - failingSince;
  const disableTarget =
    verdict === "gone"
      ? "it answered 410 Gone"
      : health === "bad" && failingFor > DISABLED_AFTER
        ? "all deliveries have failed for five days"
        : null;
  return {
    attempt,
    status: statusAfter(verdict, wait),
    reason: reasonFor(attempt, progress !== null),
    progress,
    health,
    nextAttemptAt: wait === null ? null : now.getTime() + wait * 1000,
    disableTarget,
  };
}

function statusAfter(verdict: Outcome["verdict"], wait: number | null): DeliveryResult["status"] {
  if (verdict === "done") return "delivered";
  if (verdict === "running") return "running";
  return wait === null ? "failed" : "pending";
}

/**
 * Returns the reason for the list of deliveries: a sentence as it is, or an answer with its status. For a
 * delivery that was followed, it tells the end.
 */
function reasonFor({ outcome, status, detail }: AttemptRecord, wasFollowed: boolean): string | null {
  if (outcome === "done") return wasFollowed ? detail : null;
  if (status === null || outcome === "running") return detail;
  return `it answered ${status}${detail === "" ? "" : `: ${detail.trimEnd()}`}`;
}

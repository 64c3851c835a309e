import { addressProblem } from "./address.ts";
import { ANSWER_WITHIN, KEPT_OF_ANSWER } from "./processing.ts";
import type { MessageOutcome, Processing } from "./processing.ts";
import { nextAttemptIn, parseRetryAfter } from "./schedule.ts";
import type { AttemptRecord, ClaimedDelivery, DeliveryResult, TargetSecrets } from "./stores.ts";
import { UnsendableError, type Verdict } from "./target.ts";
import { findTargetType } from "./targets/index.ts";

/** Milliseconds for which an attempt keeps its delivery to itself: longer than it can take. */
const LEASE = ANSWER_WITHIN + 20_000;

/** A target that does nothing but fail for this long, in milliseconds, is switched off: 5 days. */
const DISABLED_AFTER = 5 * 86_400_000;

interface Tried {
  readonly verdict: Verdict;
  readonly status: number | null;
  readonly detail: string;
  /** Seconds that the receiver asked for. */
  readonly retryAfter: number | null;
}

/** Attempts a delivery that is due, records what came of it, and says when to come back. */
export async function attemptDelivery(processing: Processing, id: string): Promise<MessageOutcome> {
  const { stores, now } = processing;
  const began = now();
  const claim = await stores.deliveries.claim(id, began.getTime(), LEASE);
  if (claim === "over") return "done";
  if ("later" in claim) return { retryIn: claim.later };
  const tried = await tryOnce(processing, claim, began);
  const ended = now();
  const number = claim.delivery.attempts;
  const attempt: AttemptRecord = {
    number,
    at: began.getTime(),
    milliseconds: ended.getTime() - began.getTime(),
    status: tried.status,
    outcome: tried.verdict,
    detail: redact(tried.detail, claim.secrets).slice(0, KEPT_OF_ANSWER),
  };
  const wait = tried.verdict === "retry" ? nextAttemptIn(claim.tries, tried.retryAfter, Math.random()) : null;
  await stores.deliveries.record(id, claim.delivery.targetId, resultOf(claim, attempt, wait, ended), ended.getTime());
  return wait === null ? "done" : { retryIn: wait };
}

async function tryOnce({ send, rules }: Processing, claim: ClaimedDelivery, now: Date): Promise<Tried> {
  const { target, delivery, event, secrets } = claim;
  if (event === null) return refused("the event is gone");
  if (target === null) return refused("the target was deleted");
  if (!target.enabled) return refused("the target is switched off");
  // Looked at again each time: the rules may have changed since the target was made.
  const problem = addressProblem(target.url, rules);
  if (problem !== null) return refused(`the target's address is refused: ${problem}`);
  const type = findTargetType(target.type);
  if (type === null) return refused(`there is no target type ${target.type}`);
  try {
    const attempt = {
      event,
      deliveryId: delivery.id,
      now,
      url: target.url,
      config: target.config,
      secrets: valid(secrets, now),
    };
    const request = await type.request(attempt);
    const reached = addressProblem(request.url, rules);
    if (reached !== null) return refused(`the target's address is refused: ${reached}`);
    const answer = await send(request);
    const retryAfter = parseRetryAfter(answer.retryAfter, now);
    const { verdict, reason } = type.judge(answer.status, target.config);
    const detail = reason === null ? answer.body : `${reason}: ${answer.body}`;
    return { verdict, status: answer.status, detail, retryAfter };
  } catch (fault) {
    if (fault instanceof UnsendableError) return refused(fault.message);
    const detail = fault instanceof Error ? fault.message : "no answer";
    return { verdict: "retry", status: null, detail, retryAfter: null };
  }
}

function refused(detail: string): Tried {
  return { verdict: "failed", status: null, detail, retryAfter: null };
}

function valid({ current, previous, previousUntil }: TargetSecrets, now: Date): readonly string[] {
  const both = previousUntil !== null && previousUntil > now.getTime() ? [current, previous] : [current];
  return both.filter((secret) => secret !== null);
}

function resultOf({ target }: ClaimedDelivery, attempt: AttemptRecord, wait: number | null, now: Date): DeliveryResult {
  const status = attempt.outcome === "done" ? "delivered" : wait === null ? "failed" : "pending";
  const failingFor = target?.failingSince ? now.getTime() - target.failingSince : 0;
  const disableTarget =
    attempt.outcome === "gone"
      ? "it answered 410 Gone"
      : attempt.outcome !== "done" && failingFor > DISABLED_AFTER
        ? "it has only failed for five days"
        : null;
  return { attempt, status, nextAttemptAt: wait === null ? null : now.getTime() + wait * 1000, disableTarget };
}

/** A receiver may send back what it was sent, as it was or in one of the forms that requests give it. */
function redact(text: string, { current, previous }: TargetSecrets): string {
  const secrets = [current, previous].filter((secret) => secret !== null);
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    new TextEncoder().encode(secret).toBase64(),
  ]);
  return forms.reduce((rest, form) => rest.replaceAll(form, "[redacted]"), text);
}

import type { RegistryEvent } from "../../../src/events/event.ts";
import type { Answer, Attempt, Outcome, TargetRequest, TargetType } from "../../../src/events/target.ts";
import { TARGET_TYPES, type TargetTypeName } from "../../../src/events/targets/index.ts";

export const DIGEST = `sha256:${"ab".repeat(32)}`;
export const URL = "https://receiver.example.org/hook";

export const EVENT: RegistryEvent = {
  id: "evt_1",
  type: "tag.updated",
  occurredAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  registry: "registry.example.com",
  space: "acme",
  path: "web/api",
  tag: "1.2.3",
  digest: DIGEST,
  previousDigest: `sha256:${"cd".repeat(32)}`,
  mediaType: "application/vnd.oci.image.index.v1+json",
  artifactType: null,
  size: 1234,
  platforms: ["linux/amd64", "linux/arm64"],
  actor: { id: "tok_1", name: "ci" },
};

/** EVENT as our own formats send it. It is written out, and tests have its signatures from Python, so that it cannot change unnoticed. */
export const EVENT_BODY =
  '{"type":"registry.tag.updated","timestamp":"2026-01-02T03:04:05.678Z","data":{"space":"acme","registry":"registry.example.com",' +
  `"repository":"acme/web/api","tag":"1.2.3","digest":"${DIGEST}","previousDigest":"${EVENT.previousDigest}",` +
  '"mediaType":"application/vnd.oci.image.index.v1+json","size":1234,"platforms":["linux/amd64","linux/arm64"],' +
  `"image":"registry.example.com/acme/web/api:1.2.3@${DIGEST}","actor":{"type":"token","name":"ci","claims":{}}}}`;

export const MANIFEST_EVENT: RegistryEvent = { ...EVENT, type: "manifest.pushed", tag: null, previousDigest: null };

const identityToken = (audience: string): Promise<string> => Promise.resolve(`token for ${audience}`);

export function attemptWith(fields: Partial<Attempt<unknown>> = {}): Attempt<unknown> {
  const now = new Date(Date.UTC(2026, 0, 2, 3, 5, 0, 999));
  const made = { event: EVENT, deliveryId: "dlv_1", now, url: URL, config: {}, secrets: [], progress: null };
  return { ...made, identityToken, ...fields };
}

const ANSWERED: Answer = { status: 200, body: "", retryAfter: null };

export interface Delivered {
  readonly outcome: Outcome;
  readonly requests: readonly TargetRequest[];
}

/** Makes one attempt for any type, with a receiver that gives this answer. */
export async function deliverTo(
  type: TargetType,
  attempt: Attempt<unknown>,
  answer: (request: TargetRequest) => Answer | Promise<Answer> = () => ANSWERED,
): Promise<Delivered> {
  const requests: TargetRequest[] = [];
  const outcome = await type.deliver(attempt, async (request) => {
    requests.push(request);
    return answer(request);
  });
  return { outcome, requests };
}

/** The types that take one request. */
export type RequestTypeName = Exclude<TargetTypeName, "octopus">;

export function requestOf(type: RequestTypeName, fields: Partial<Attempt<unknown>> = {}): Promise<TargetRequest> {
  return TARGET_TYPES[type].request(attemptWith(fields));
}

/** Returns the request's body as JSON. */
export async function bodyOf(type: RequestTypeName, fields: Partial<Attempt<unknown>> = {}): Promise<unknown> {
  const { body } = await requestOf(type, fields);
  return JSON.parse(body ?? "null");
}

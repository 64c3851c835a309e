import * as z from "zod";
import { EVENT_TYPES, imageOf, type RegistryEvent, repositoryOf } from "../event.ts";
import { type Attempt, defineTarget, type TargetRequest } from "../target.ts";
import { hmacHeaders, postJson } from "./request.ts";

const config = z.strictObject({
  secretAs: z.enum(["header", "hmac"]).default("header").meta({
    title: "Send the secret as",
    description: "header: as X-Webhook-Secret, which Image Updater compares; hmac: it signs the body.",
  }),
});

/** Writes a CloudEvent 1.0. Argo CD Image Updater wants `image` or `container` in the type, and reads these names in the data. */
function cloudEvent(event: RegistryEvent): object {
  const { id, type, registry, tag, digest } = event;
  const repository = repositoryOf(event);
  return {
    specversion: "1.0",
    id,
    source: `https://${registry}/${repository}`,
    type: `registry.image.${type}`,
    // No digest here: Argo CD Image Updater would read everything after a colon as the tag.
    subject: tag === null ? repository : `${repository}:${tag}`,
    time: new Date(event.occurredAt).toISOString(),
    datacontenttype: "application/json",
    data: { repository, tag, digest, registryUrl: registry, image: imageOf(event) },
  };
}

type Config = z.infer<typeof config>;

async function secretHeaders(attempt: Attempt<Config>, body: string): Promise<TargetRequest["headers"]> {
  const [newest] = attempt.secrets;
  if (newest === undefined) return {};
  return attempt.config.secretAs === "hmac" ? hmacHeaders(newest, body) : { "x-webhook-secret": newest };
}

export const cloudevents = defineTarget({
  type: "cloudevents",
  title: "CloudEvents (Argo CD Image Updater)",
  description: "A CloudEvent, for Argo CD Image Updater, Knative, Argo Events and event brokers.",
  secret: "optional",
  secretField: { title: "Secret", description: "If the receiver checks one." },
  events: EVENT_TYPES,
  address: { example: "https://updater.example.com/webhook?type=cloudevents" },
  config,
  async request(attempt) {
    const body = JSON.stringify(cloudEvent(attempt.event));
    return postJson(attempt.url, body, {
      "content-type": "application/cloudevents+json",
      ...(await secretHeaders(attempt, body)),
    });
  },
});

import type { TargetType } from "../target.ts";
import { acr } from "./acr.ts";
import { cloudevents } from "./cloudevents.ts";
import { distribution } from "./distribution.ts";
import { dockerHub } from "./docker-hub.ts";
import { genericHmac } from "./generic-hmac.ts";
import { githubDispatch } from "./github-dispatch.ts";
import { gitlabPipeline } from "./gitlab-pipeline.ts";
import { harbor } from "./harbor.ts";
import { keel } from "./keel.ts";
import { octopus } from "./octopus/index.ts";
import { quay } from "./quay.ts";
import { standardWebhook } from "./standard-webhook.ts";
import { urlHook } from "./url-hook.ts";

/** The kinds of target by their names in the management API, in the order in which they are offered. */
export const TARGET_TYPES = {
  "standard-webhook": standardWebhook,
  octopus,
  "url-hook": urlHook,
  "github-dispatch": githubDispatch,
  "gitlab-pipeline": gitlabPipeline,
  "generic-hmac": genericHmac,
  cloudevents,
  harbor,
  keel,
  distribution,
  "docker-hub": dockerHub,
  quay,
  acr,
} as const satisfies Readonly<Record<string, TargetType>>;

export type TargetTypeName = keyof typeof TARGET_TYPES;

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

/** Every kind of target, by the name that the management API gives it. */
export const TARGET_TYPES = {
  "standard-webhook": standardWebhook,
  octopus,
  harbor,
  "github-dispatch": githubDispatch,
  "gitlab-pipeline": gitlabPipeline,
  "url-hook": urlHook,
  cloudevents,
  distribution,
  "docker-hub": dockerHub,
  quay,
  acr,
  keel,
  "generic-hmac": genericHmac,
} as const satisfies Readonly<Record<string, TargetType>>;

export type TargetTypeName = keyof typeof TARGET_TYPES;

function isTargetTypeName(name: string): name is TargetTypeName {
  return Object.hasOwn(TARGET_TYPES, name);
}

/** Null when there is no such type. */
export function findTargetType(name: string): TargetType | null {
  return isTargetTypeName(name) ? TARGET_TYPES[name] : null;
}

/** True where a target with this type and configuration is followed to its end, so that it runs what was delivered to it. */
export function isFollowed(type: string, config: unknown): boolean {
  return findTargetType(type)?.follows(config) ?? false;
}

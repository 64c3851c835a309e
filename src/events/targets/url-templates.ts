import { eventDocument } from "../event.ts";
import { type StatusRules, USER_AGENT } from "../target.ts";
import { acrBody } from "./acr.ts";
import { dockerHubBody } from "./docker-hub.ts";
import type { TaggedEvent } from "./push-format.ts";

export const URL_TEMPLATE_NAMES = [
  "render",
  "portainer",
  "coolify",
  "dokploy",
  "azure",
  "cloudflare",
  "custom",
] as const;

export type UrlTemplateName = (typeof URL_TEMPLATE_NAMES)[number];

/** The parts of a hosting service's deploy hook beyond a plain request to its address. */
export interface UrlTemplate {
  /** Parameters to add to the address unless it has them; the values hold placeholders. */
  readonly query?: Readonly<Record<string, string>>;
  /** Makes the Authorization header from the secret. If absent, the secret is not sent. */
  readonly authorization?: (secret: string) => string;
  readonly userAgent?: string;
  /** Makes the body. If absent, the hook takes none. */
  readonly body?: (event: TaggedEvent) => object;
  readonly statuses?: StatusRules;
}

export const URL_TEMPLATES: Readonly<Record<UrlTemplateName, UrlTemplate>> = {
  /** By digest, since the tag may have moved before Render pulls it. */
  render: { query: { imgURL: "{registry}/{repository}@{digest}" } },
  portainer: {
    query: { tag: "{tag}" },
    statuses: { 409: { verdict: "retry", reason: "Portainer is still busy with the last deployment" } },
  },
  coolify: { authorization: (token) => `Bearer ${token}` },
  /** Dokploy compares image and tag only if the User-Agent looks like Docker Hub's. */
  dokploy: {
    userAgent: `${USER_AGENT} Go-http-client/1.1`,
    body: dockerHubBody,
    statuses: { 301: { verdict: "failed", reason: "the Dokploy application is set to another image, tag or branch" } },
  },
  /** The web app's publishing user and password, which Azure puts into the address: `$app:password`. */
  azure: {
    authorization: (login) => `Basic ${new TextEncoder().encode(login).toBase64()}`,
    body: acrBody,
  },
  cloudflare: {},
  custom: { authorization: (header) => header, body: eventDocument },
};

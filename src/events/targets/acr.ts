import { repositoryOf } from "../event.ts";
import { USER_AGENT } from "../target.ts";
import { definePushFormat, type TaggedEvent } from "./push-format.ts";

export function acrBody(event: TaggedEvent): object {
  const { id, mediaType, size, digest, tag, registry: host } = event;
  return {
    id,
    timestamp: new Date(event.occurredAt).toISOString(),
    action: "push",
    target: { mediaType, size, digest, repository: repositoryOf(event), tag },
    request: { id, host, method: "PUT" },
  };
}

export const acr = definePushFormat({
  type: "acr",
  title: "Azure Container Registry's format",
  description: "For Flux, Argo CD Image Updater, Kargo and Keel.",
  // Kargo recognizes Azure's webhooks by this beginning.
  headers: { "user-agent": `AzureContainerRegistry/1.0 ${USER_AGENT}` },
  body: acrBody,
});

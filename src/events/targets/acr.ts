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
  summary:
    "Azure Container Registry's format, for Flux, Argo CD Image Updater, Kargo and Keel; the secret is the Authorization header.",
  // Kargo takes it for Azure's by how this starts.
  headers: { "user-agent": `AzureContainerRegistry/1.0 ${USER_AGENT}` },
  body: acrBody,
});

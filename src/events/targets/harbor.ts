import { repositoryOf } from "../event.ts";
import { definePushFormat, seconds, type TaggedEvent } from "./push-format.ts";

function harborBody(event: TaggedEvent): object {
  const { digest, tag, registry, path, space } = event;
  const fullName = repositoryOf(event);
  return {
    type: "PUSH_ARTIFACT",
    occur_at: seconds(event.occurredAt),
    operator: event.actor.name,
    event_data: {
      resources: [{ digest, tag, resource_url: `${registry}/${fullName}:${tag}` }],
      repository: { name: path, namespace: space, repo_full_name: fullName, repo_type: "private" },
    },
  };
}

export const harbor = definePushFormat({
  type: "harbor",
  title: "Harbor's format",
  description: "For Kargo, Flux, Argo CD Image Updater and Keel.",
  body: harborBody,
});

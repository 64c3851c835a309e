import { repositoryOf } from "../event.ts";
import { definePushFormat, seconds, type TaggedEvent } from "./push-format.ts";

/** Writes a push as Docker Hub does, but with the registry's host in `repo_name`: consumers compare that with the image's whole name. */
export function dockerHubBody(event: TaggedEvent): object {
  const name = `${event.registry}/${repositoryOf(event)}`;
  const url = `https://${name}`;
  return {
    push_data: { pushed_at: seconds(event.occurredAt), pusher: event.actor.name, tag: event.tag },
    callback_url: url,
    repository: { repo_name: name, name: event.path, namespace: event.space, repo_url: url },
  };
}

export const dockerHub = definePushFormat({
  type: "docker-hub",
  title: "Docker Hub's format",
  description: "For Flux, Kargo and Keel.",
  body: dockerHubBody,
});

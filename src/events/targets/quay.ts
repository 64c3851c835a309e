import { repositoryOf } from "../event.ts";
import { definePushFormat, type TaggedEvent } from "./push-format.ts";

function quayBody(event: TaggedEvent): object {
  const repository = repositoryOf(event);
  const image = `${event.registry}/${repository}`;
  return {
    name: event.path,
    repository,
    namespace: event.space,
    docker_url: image,
    homepage: `https://${image}`,
    updated_tags: [event.tag],
  };
}

export const quay = definePushFormat({
  type: "quay",
  title: "Quay's format",
  description:
    "For tools that know no other format. Argo CD Image Updater looks for the secret in the address, as secret in the query.",
  body: quayBody,
});

import { EVENT_TYPES, type EventType, type RegistryEvent, repositoryOf } from "../event.ts";
import { defineTarget } from "../target.ts";
import { AUTHORIZATION, literalAuthorization, NO_CONFIG, postJson } from "./request.ts";

/** The actions with the method of the request that a registry would have got. */
const ACTIONS: Readonly<Record<EventType, { action: string; method: string }>> = {
  "tag.created": { action: "push", method: "PUT" },
  "tag.updated": { action: "push", method: "PUT" },
  "manifest.pushed": { action: "push", method: "PUT" },
  "tag.deleted": { action: "delete", method: "DELETE" },
  "manifest.deleted": { action: "delete", method: "DELETE" },
};

/** Makes the envelope. The fields for addresses of clients and servers are there, but empty: they are not told. */
function envelope(event: RegistryEvent): object {
  const { id, registry: host, digest, mediaType, size, tag, actor } = event;
  const { action, method } = ACTIONS[event.type];
  const repository = repositoryOf(event);
  const url = `https://${host}/v2/${repository}/manifests/${digest}`;
  return {
    events: [
      {
        id,
        timestamp: new Date(event.occurredAt).toISOString(),
        action,
        target: { mediaType, digest, size, length: size, repository, url, ...(tag !== null && { tag }) },
        request: { id, addr: "", host, method, useragent: "" },
        actor: { name: actor.name },
        source: { addr: host, instanceID: "" },
      },
    ],
  };
}

export const distribution = defineTarget({
  type: "distribution",
  title: "Docker registry's format",
  description:
    "Distribution's notifications, for tools that know no other format. Keel does not check the secret for it.",
  secret: "optional",
  secretField: AUTHORIZATION,
  events: EVENT_TYPES,
  config: NO_CONFIG,
  request(attempt) {
    return postJson(attempt.url, JSON.stringify(envelope(attempt.event)), {
      "content-type": "application/vnd.docker.distribution.events.v2+json",
      ...literalAuthorization(attempt),
    });
  },
});

/** Events that did not happen, for previews and tests of triggers and targets. */
import { generateId } from "../auth/secret.ts";
import type { SpaceCall } from "../call.ts";
import type { EventType, RegistryEvent } from "../events/event.ts";
import type { PlacedEvent } from "../events/stores.ts";
import type { TriggerMatch } from "../events/trigger.ts";
import { OCI_INDEX } from "../oci/media-types.ts";

type Place = Pick<SpaceCall, "registry" | "grant">;

/** Makes a push of the manifest that the tag points to; null if there is no such tag. */
export async function pushOf(
  { registry, grant }: Place,
  path: string,
  tag: string,
  type: EventType,
): Promise<PlacedEvent | null> {
  const found = await registry.events.triggers.tagged(grant, path, tag);
  if (found === null) return null;
  const { spaceId, repositoryId, ...manifest } = found;
  const shared = pushEvent(registry.realm.service, grant.space, path, tag, type);
  return { spaceId, repositoryId, event: { ...shared, ...manifest } };
}

/** Makes a push of an ordinary image with the requested platforms. The repository need not exist. */
export function assumedPush(
  { registry, grant }: Place,
  path: string,
  tag: string,
  type: EventType,
  match: TriggerMatch | null,
): PlacedEvent {
  const shared = pushEvent(registry.realm.service, grant.space, path, tag, type);
  return { spaceId: 0, repositoryId: 0, event: { ...shared, platforms: match?.platforms?.all ?? [] } };
}

function pushEvent(registry: string, space: string, path: string, tag: string, type: EventType): RegistryEvent {
  return {
    id: generateId("evt_test"),
    type,
    occurredAt: Date.now(),
    registry,
    space,
    path,
    tag,
    digest: `sha256:${"0".repeat(64)}`,
    previousDigest: null,
    mediaType: OCI_INDEX,
    artifactType: null,
    size: 0,
    platforms: [],
    actor: { id: "test", name: "test" },
  };
}

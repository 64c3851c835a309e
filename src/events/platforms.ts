import { platformInConfig } from "../oci/image-config.ts";
import type { Processing } from "./processing.ts";
import type { StoredEvent } from "./outbox-store.ts";

/**
 * Adds its image's platform to an event. For an image that is no index, the platform is in the config,
 * which a push does not wait to read. If it cannot be told, the event stays as it is. Throws if the bytes
 * cannot be read just now.
 */
export async function withPlatform({ readConfig }: Processing, stored: StoredEvent): Promise<StoredEvent> {
  if (stored.config === null) return stored;
  const bytes = await readConfig(stored.config);
  const platform = bytes && platformInConfig(bytes);
  return platform === null ? stored : { ...stored, event: { ...stored.event, platforms: [platform] } };
}

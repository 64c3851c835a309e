import { platformInConfig } from "../oci/image-config.ts";
import type { Processing } from "./processing.ts";
import type { StoredEvent } from "./outbox-store.ts";

/**
 * Adds its image's platform to an event, which is in the config of an image that is no index: a push does not wait for that
 * to be read. Where it cannot be told, the event stays as it is. Throws where the bytes cannot be had just now.
 */
export async function withPlatform({ readConfig }: Processing, stored: StoredEvent): Promise<StoredEvent> {
  if (stored.config === null) return stored;
  const bytes = await readConfig(stored.config);
  const platform = bytes && platformInConfig(bytes);
  return platform === null ? stored : { ...stored, event: { ...stored.event, platforms: [platform] } };
}

import { parseBoundedJson } from "./bounded-json.ts";
import { platformName, platformSchema } from "./platform.ts";

/** Media types of a runnable image's config (image spec, "Image Configuration"; Docker schema 2). */
export const IMAGE_CONFIG_TYPES = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
] as const;

/**
 * The most bytes of a config that is read: more than any builder writes. A longer config would be held whole in memory.
 */
export const MAX_IMAGE_CONFIG_BYTES = 1024 * 1024;

/** Returns the platform in an image's config, like `linux/amd64`; null: the config names none, or is not understood. */
export function platformInConfig(bytes: Uint8Array): string | null {
  const config = platformSchema.safeParse(parseJson(bytes));
  return config.success ? platformName(config.data) : null;
}

/** Parses text that is unchecked: it may be anything at all. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

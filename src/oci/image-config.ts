import { parseBoundedJson } from "./bounded-json.ts";
import { platformName, platformSchema } from "./platform.ts";

/** Media types of the config of an image that is for running (image spec, "Image Configuration"; Docker schema 2). */
export const IMAGE_CONFIG_TYPES = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
] as const;

/** More than any builder writes: bytes. A config that is longer is not read, since it would be held whole. */
export const MAX_IMAGE_CONFIG_BYTES = 1024 * 1024;

/** What an image's config says it is for, as in `linux/amd64`; null where it says nothing or is not understood. */
export function platformInConfig(bytes: Uint8Array): string | null {
  const config = platformSchema.safeParse(parseJson(bytes));
  return config.success ? platformName(config.data) : null;
}

/** Nobody has checked it: it may be anything at all. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

import { buffer } from "node:stream/consumers";
import { type Descriptor, platformOf } from "../../oci/descriptor.ts";
import { platformInConfig } from "../../oci/image-config.ts";
import { MAX_MANIFEST_BYTES } from "../../oci/manifest.ts";
import { MANIFEST_TYPES } from "../../oci/media-types.ts";
import { parseTag, type Tag } from "../../oci/reference.ts";
import { readBlob } from "../client/blobs.ts";
import { CliError } from "../exit.ts";
import type { Import } from "./import.ts";
import { type ReadManifest, readManifest, type Root } from "./read-manifest.ts";

/** A manifest, and the tag that it gets in the end; null: none. */
export interface Pick extends Root {
  readonly tag: Tag | null;
}

/**
 * Picks the manifests to copy. With --platform these are the platforms' own manifests and not the index, whose digest
 * would change without the rest. A single one gets the tag; several get a tag each, as in `1.0-linux-amd64`.
 */
export async function pickPlatforms(run: Import, root: Root, tag: Tag | null): Promise<readonly Pick[]> {
  const { platforms } = run.options;
  if (platforms.length === 0) return [{ ...root, tag }];
  const manifest = await readManifest(run, root);
  if (manifest === null) throw new CliError("not-found", `${run.source.name}: manifest ${root.digest} not found`);
  const offered = await offeredPlatforms(run, manifest);
  return platforms.map((platform) => {
    const { digest, mediaType } = choose(offered, platform, run.source.name);
    return { digest, mediaType, tag: tag === null || platforms.length === 1 ? tag : suffixed(tag, platform) };
  });
}

interface Offered extends Root {
  readonly platform: string;
}

async function offeredPlatforms(run: Import, manifest: ReadManifest): Promise<readonly Offered[]> {
  if (MANIFEST_TYPES[manifest.mediaType] === "index") {
    return manifest.children.flatMap((child) => offer(child, platformOf(child)));
  }
  return manifest.config === null ? [] : offer(manifest, await platformOfConfig(run, manifest, manifest.config));
}

function offer({ digest, mediaType }: Root, platform: string | null): readonly Offered[] {
  return platform === null ? [] : [{ digest, mediaType, platform }];
}

/** Reads a single image's platform from its config. */
async function platformOfConfig(run: Import, manifest: ReadManifest, config: Descriptor): Promise<string | null> {
  if (config.size > MAX_MANIFEST_BYTES) return null;
  const side = manifest.isThere ? run.destination : run.source;
  return platformInConfig(await buffer(readBlob(side.connection, side.name, config)));
}

/**
 * Chooses the manifest of exactly that platform, else the only one for a variant of it, as linux/arm64/v8 of
 * linux/arm64.
 */
function choose(offered: readonly Offered[], wanted: string, name: string): Root {
  const exact = offered.find(({ platform }) => platform === wanted);
  const variants = offered.filter(({ platform }) => platform.startsWith(`${wanted}/`));
  const chosen = exact ?? (variants.length === 1 ? variants[0] : undefined);
  if (chosen !== undefined) return chosen;
  const listed = [...new Set(offered.map(({ platform }) => platform))].join(", ") || "no named platforms";
  if (variants.length > 1) throw new CliError("usage", `${wanted} matches several platforms of ${name}: ${listed}`);
  throw new CliError("not-found", `${name} has no image for ${wanted}; it has ${listed}`);
}

function suffixed(tag: Tag, platform: string): Tag {
  const text = `${tag}-${platform.replaceAll("/", "-")}`;
  const parsed = parseTag(text);
  if (parsed === null)
    throw new CliError(
      "usage",
      `"${text}" is not a valid tag: it is too long, or has other characters than letters, digits, _ . and -`,
    );
  return parsed;
}

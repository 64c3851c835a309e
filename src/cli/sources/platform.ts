import * as z from "zod";
import { type Descriptor, descriptorSchema, platformOf } from "../../oci/descriptor.ts";
import { platformInConfig } from "../../oci/image-config.ts";
import { isManifestType, MANIFEST_TYPES } from "../../oci/media-types.ts";
import { CliError } from "../exit.ts";
import { parseJson, type Source } from "./source.ts";
import { gather } from "../bytes.ts";

const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

const indexDocument = z.looseObject({ manifests: z.array(descriptorSchema).nullish() });
const manifestDocument = z.looseObject({ config: descriptorSchema });

export function isIndex({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) && MANIFEST_TYPES[mediaType] === "index";
}

/** Returns the entries of an index in their order. Throws an `invalid` CliError if the bytes are no index. */
export function childrenOf(bytes: Buffer, where: string): readonly Descriptor[] {
  const parsed = indexDocument.safeParse(parseJson(bytes, where));
  if (parsed.success) return parsed.data.manifests ?? [];
  throw new CliError("invalid", `${where} is not an index`, { cause: parsed.error });
}

/**
 * Returns the source with one platform's manifest as its root, for example `linux/amd64` or `linux/arm/v7`. Other
 * entries of the index, for example attestations, stay behind. Throws a CliError if there is no such platform.
 */
export async function pickPlatform(source: Source, wanted: string): Promise<Source> {
  const found = await platformsOf(source, source.root);
  const exact = found.filter(({ platform }) => platform === wanted);
  // `linux/arm64` also means `linux/arm64/v8` if it is the only match.
  const [match, other] = exact.length > 0 ? exact : found.filter(({ platform }) => platform.startsWith(`${wanted}/`));
  if (match !== undefined && (other === undefined || exact.length > 0)) return { ...source, root: match.descriptor };
  throw new CliError("not-found", `${source.name} has no image for ${wanted}`, {
    hint: found.length === 0 ? "It names no platform." : `It has ${listOf(found)}.`,
  });
}

/**
 * Returns the source without the platforms whose manifests it lacks: docker's engine keeps only those that were pulled.
 * Notes the missing ones. Throws a CliError if the choice is not clear.
 */
export async function pickPresent(source: Source, note: (text: string) => void): Promise<Source> {
  if (!isIndex(source.root)) return source;
  const found = await platformsOf(source, source.root);
  const there = await Promise.all(found.map(async ({ descriptor }) => (await source.manifest(descriptor)) !== null));
  const present = found.filter((_, index) => there[index]);
  const [only, other] = present;
  if (present.length === found.length || only === undefined) return source;
  if (other === undefined) {
    note(`${source.name}: pushing ${only.platform}, the only one of ${found.length} platforms that is here`);
    return { ...source, root: only.descriptor };
  }
  throw new CliError("usage", `${source.name}: only ${listOf(present)} of ${found.length} platforms are here`, {
    hint: `Choose one: --platform ${only.platform}`,
  });
}

interface Platform {
  readonly platform: string;
  readonly descriptor: Descriptor;
}

function listOf(platforms: readonly Platform[]): string {
  return platforms.map(({ platform }) => platform).join(", ");
}

async function platformsOf(source: Source, descriptor: Descriptor): Promise<readonly Platform[]> {
  const bytes = await source.manifest(descriptor);
  const named = platformOf(descriptor);
  if (!isIndex(descriptor)) {
    const platform = named ?? (bytes === null ? null : await platformOfImage(source, bytes));
    return platform === null ? [] : [{ platform, descriptor }];
  }
  if (bytes === null) return [];
  const children = childrenOf(bytes, `${source.name}: ${descriptor.digest}`);
  const found = await Promise.all(
    children.filter(({ mediaType }) => isManifestType(mediaType)).map((child) => platformsOf(source, child)),
  );
  return found.flat();
}

async function platformOfImage(source: Source, manifest: Buffer): Promise<string | null> {
  const { data } = manifestDocument.safeParse(parseJson(manifest, source.name));
  if (data === undefined || data.config.size > MAX_CONFIG_BYTES) return null;
  const blob = await source.blob(data.config);
  if (blob === null) return null;
  return platformInConfig(await gather(blob.open(0, blob.size)));
}

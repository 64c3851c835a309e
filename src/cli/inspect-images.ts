import { type Descriptor, platformOf } from "../oci/descriptor.ts";
import { ATTESTATION, predicateTypesOf, REFERENCE_DIGEST, REFERENCE_TYPE } from "../oci/attestation.ts";
import { platformName } from "../oci/platform.ts";
import type { Connection } from "./client/connection.ts";
import { blobsOf, getContent, type ImageConfig, type ManifestContent, readConfig, sizeOf } from "./client/content.ts";
import type { RemoteManifest } from "./client/manifests.ts";
import { inBatches } from "./in-batches.ts";

/** One image of an index, or the only image, or an artifact. */
export interface InspectedImage {
  readonly digest: string;
  /** The platform, as in linux/amd64; null if none is stated. */
  readonly platform: string | null;
  /** The kind of a manifest that is not an image for a platform, as in `attestation-manifest`. */
  readonly kind: string | null;
  /** The image that a builder's attestation is about, and its statements; null for anything else. */
  readonly attests: Attests | null;
  /** Bytes of everything that it needs, each blob counted once. */
  readonly contentSize: number;
  readonly layers: readonly Descriptor[];
  readonly config: ImageConfig | null;
}

interface Attests {
  readonly digest: string;
  readonly platform: string | null;
  readonly predicateTypes: readonly string[];
}

interface Found {
  readonly manifest: RemoteManifest;
  readonly content: ManifestContent;
}

const AT_A_TIME = 8;

/** Describes the manifests of an index, or the manifest itself. Leaves out those that the registry lacks. */
export async function describeImages(
  connection: Connection,
  name: string,
  { manifest, content }: Found,
): Promise<readonly InspectedImage[]> {
  if (!content.manifests) return [await describeImage(connection, name, { manifest, content }, null)];
  const platforms = new Map<string, string | null>(content.manifests.map((child) => [child.digest, platformOf(child)]));
  const images = await inBatches(content.manifests, AT_A_TIME, async (child) => {
    const found = await getContent(connection, name, child.digest);
    return found === null ? null : describeImage(connection, name, found, { child, platforms });
  });
  return images.filter((image) => image !== null);
}

type Child = NonNullable<ManifestContent["manifests"]>[number];

/** An index's entry for an image, with the platforms of all its entries. */
interface Entry {
  readonly child: Child;
  readonly platforms: ReadonlyMap<string, string | null>;
}

async function describeImage(
  connection: Connection,
  name: string,
  { manifest, content }: Found,
  entry: Entry | null,
): Promise<InspectedImage> {
  const { child = null } = entry ?? {};
  const config = await readConfig(connection, name, content);
  return {
    digest: manifest.digest,
    platform: (child && platformOf(child)) ?? platformName(config),
    kind: child?.annotations?.[REFERENCE_TYPE] ?? content.artifactType ?? null,
    attests: entry && attestsOf(entry, content),
    contentSize: sizeOf(blobsOf(content)),
    layers: content.layers ?? [],
    config,
  };
}

function attestsOf({ child, platforms }: Entry, { layers }: ManifestContent): Attests | null {
  const { annotations } = child;
  const digest = annotations?.[REFERENCE_TYPE] === ATTESTATION ? annotations[REFERENCE_DIGEST] : null;
  if (!digest) return null;
  return { digest, platform: platforms.get(digest) ?? null, predicateTypes: predicateTypesOf(layers ?? []) };
}

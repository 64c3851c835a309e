import { text } from "node:stream/consumers";
import * as z from "zod";
import { annotationsSchema } from "../../oci/annotations.ts";
import { type Descriptor, descriptorSchema, optionalDescriptorSchema } from "../../oci/descriptor.ts";
import { IMAGE_CONFIG_TYPES } from "../../oci/image-config.ts";
import { CliError } from "../exit.ts";
import { readBlob } from "./blobs.ts";
import type { Connection } from "./connection.ts";
import { getManifest, type RemoteManifest } from "./manifests.ts";

const annotatedDescriptor = descriptorSchema.and(
  z.looseObject({ annotations: annotationsSchema.nullish().catch(null) }),
);

/** The content of a manifest or an index, for showing: looser than a push allows. */
const contentSchema = z.looseObject({
  artifactType: z.string().nullish(),
  config: optionalDescriptorSchema,
  layers: z.array(annotatedDescriptor).nullish(),
  manifests: z.array(annotatedDescriptor).nullish(),
  subject: optionalDescriptorSchema,
  annotations: annotationsSchema.nullish(),
});

export type ManifestContent = z.infer<typeof contentSchema>;

function readContent({ bytes, digest }: RemoteManifest): ManifestContent {
  const parsed = contentSchema.safeParse(parseJson(bytes.toString("utf8")));
  if (parsed.success) return parsed.data;
  throw new CliError("invalid", `${digest} is not a manifest`, { cause: parsed.error });
}

/** Reads the manifest of a tag or digest, parsed; null if there is none. */
export async function getContent(
  connection: Connection,
  name: string,
  reference: string,
): Promise<{ readonly manifest: RemoteManifest; readonly content: ManifestContent } | null> {
  const manifest = await getManifest(connection, name, reference);
  return manifest === null ? null : { manifest, content: readContent(manifest) };
}

/** Returns the blobs that a manifest needs. */
export function blobsOf({ config, layers }: ManifestContent): readonly Descriptor[] {
  return [...(config ? [config] : []), ...(layers ?? [])];
}

/** Sums the bytes of these blobs, each counted once. */
export function sizeOf(blobs: readonly Descriptor[]): number {
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Limits a configuration, since its JSON is read whole. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const configSchema = z.looseObject({
  created: z.string().nullish(),
  os: z.string().nullish(),
  architecture: z.string().nullish(),
  variant: z.string().nullish(),
  config: z
    .looseObject({
      User: z.string().nullish(),
      WorkingDir: z.string().nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      Labels: annotationsSchema.nullish(),
    })
    .nullish(),
});

export type ImageConfig = z.infer<typeof configSchema>;

const CONFIG_TYPES: ReadonlySet<string> = new Set(IMAGE_CONFIG_TYPES);

/** Reads an image's configuration; null for an artifact of another kind. */
export async function readConfig(
  connection: Connection,
  name: string,
  { config }: ManifestContent,
): Promise<ImageConfig | null> {
  if (!config || !CONFIG_TYPES.has(config.mediaType) || config.size > MAX_CONFIG_BYTES) return null;
  const parsed = configSchema.safeParse(parseJson(await text(readBlob(connection, name, config))));
  return parsed.success ? parsed.data : null;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

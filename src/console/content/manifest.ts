import * as z from "zod";
import { entries, listOf, parseJson, text } from "./json.ts";

/** The displayed parts of a manifest's text. */

const descriptor = z.object({
  mediaType: z.string().catch(""),
  digest: z.string(),
  size: z.number().catch(0),
  artifactType: text,
  platform: z
    .object({ os: z.string(), architecture: z.string(), variant: text, "os.version": text })
    .nullable()
    .catch(null),
  annotations: entries,
  urls: listOf(z.string()),
});

export type Descriptor = z.output<typeof descriptor>;

const content = z.object({ layers: listOf(descriptor), manifests: listOf(descriptor) });

type Content = z.output<typeof content>;

export function parseContent(raw: string | null): Content {
  return content.safeParse(parseJson(raw)).data ?? { layers: [], manifests: [] };
}

interface Platform {
  readonly os: string | null;
  readonly architecture: string | null;
  readonly variant: string | null;
}

/** Returns a platform such as linux/arm64/v8; null if there is none, as for a builder's attachments. */
export function platformName(platform: Platform | null): string | null {
  const name = platform && [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
  return name === "unknown/unknown" ? null : name || null;
}

export function annotation({ annotations }: Pick<Descriptor, "annotations">, name: string): string | null {
  return annotations.find(([key]) => key === name)?.[1] ?? null;
}

/** Returns the digest of the subject of a builder's attestation; null for all other descriptors. */
export function attests(one: Descriptor): string | null {
  return annotation(one, "vnd.docker.reference.type") === "attestation-manifest"
    ? annotation(one, "vnd.docker.reference.digest")
    : null;
}

import * as z from "zod";
import { collect } from "../collect.ts";
import { listReferrers, type RemoteReferrer } from "../client/lists.ts";
import { formatRemoteReference, manifestSelector } from "../client/reference.ts";
import { getContent } from "../client/content.ts";
import { defineCommand } from "../command.ts";
import { openConnection } from "../connections.ts";
import { CliError } from "../exit.ts";
import { describeImages, type InspectedImage } from "../inspect-images.ts";
import { parseManagedReference } from "../managed/reference.ts";
import { fields } from "../output/fields.ts";
import { formatBytes } from "../../oci/size.ts";
import { plural, shortDigest } from "../output/words.ts";
import {
  ATTESTATION_COLUMNS,
  configText,
  IMAGE_COLUMNS,
  joined,
  LAYER_COLUMNS,
  REFERRER_COLUMNS,
} from "./inspect-text.ts";
import { tableOf } from "../managed/shapes.ts";

interface Inspected {
  readonly reference: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest or index alone. */
  readonly size: number;
  readonly artifactType: string | null;
  readonly subject: string | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** The images, one for each platform; for an artifact, the artifact itself. */
  readonly images: readonly InspectedImage[];
  readonly referrers: readonly RemoteReferrer[];
}

export const inspect = defineCommand({
  name: "inspect",
  summary: "Show an image's platforms, layers, configuration and referrers",
  description: "Works with any registry. It reads only manifests and configurations, and does not count as a pull.",
  examples: ["inspect acme/web:1.2.3", "inspect docker.io/library/alpine --platform linux/arm64"],
  arguments: { "<reference>": "the image, for example acme/web:1.2.3, or with a digest" },
  options: { "--platform <platform>": "show only this platform, with its layers" },
  input: z.object({ reference: z.string(), platform: z.string().optional() }),
  run: async (context, { reference: named, platform }) => {
    const reference = await parseManagedReference(context, named);
    const { name } = reference;
    const shown = formatRemoteReference(reference);
    const connection = await openConnection(context, reference.registry);
    try {
      const found = await getContent(connection, name, manifestSelector(reference));
      if (found === null) throw new CliError("not-found", `${shown} not found`, { hint: tagsHint(name) });
      const { manifest, content } = found;
      const images = await describeImages(connection, name, found);
      const inspected: Inspected = {
        reference: shown,
        digest: manifest.digest,
        mediaType: manifest.mediaType,
        size: manifest.bytes.length,
        artifactType: content.artifactType ?? null,
        subject: content.subject?.digest ?? null,
        annotations: content.annotations ?? {},
        images: platform === undefined ? images : ofPlatform(images, platform),
        referrers: await collect(listReferrers(connection, name, manifest.digest)),
      };
      context.output.show(inspected, () => describe(inspected, context.output.width));
    } finally {
      await connection.close();
    }
  },
});

function tagsHint(name: string): string | undefined {
  return name.includes("/") ? `List its tags: spacedock tags ${name}` : undefined;
}

function ofPlatform(images: readonly InspectedImage[], platform: string): readonly InspectedImage[] {
  const found = images.filter((image) => image.platform === platform);
  if (found.length > 0) return found;
  const known = images.flatMap((image) => image.platform ?? []).join(", ");
  throw new CliError("not-found", `no image for ${platform}`, { hint: known && `Available platforms: ${known}` });
}

function describe(inspected: Inspected, width: number): string {
  const { referrers } = inspected;
  const attestations = inspected.images.filter(({ attests }) => attests !== null);
  const images = inspected.images.filter(({ attests }) => attests === null);
  const [only] = images;
  const parts = [head(inspected, width)];
  if (images.length === 1 && only) parts.push(...oneImage(only, width));
  else if (images.length > 1) parts.push(tableOf(images, IMAGE_COLUMNS, { width }));
  if (attestations.length > 0) parts.push(tableOf(attestations, ATTESTATION_COLUMNS, { width }));
  if (referrers.length > 0) parts.push(`Referrers\n${tableOf(referrers, REFERRER_COLUMNS, { width })}`);
  return parts.join("\n\n");
}

function head(inspected: Inspected, width: number): string {
  const { reference, digest, mediaType, artifactType, subject, annotations } = inspected;
  const notes = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
  return fields(
    {
      reference,
      digest,
      type: mediaType,
      artifact: artifactType,
      "refers to": subject === null ? null : shortDigest(subject),
      annotations: joined(notes, "\n"),
    },
    width,
  );
}

function oneImage(image: InspectedImage, width: number): readonly string[] {
  const layers = tableOf(image.layers, LAYER_COLUMNS, { width });
  const count = plural(image.layers.length, "layer");
  const title = `${count}, ${formatBytes(image.contentSize)} with the configuration`;
  return [...(configText(image, width) ?? []), `${title}\n${layers}`];
}

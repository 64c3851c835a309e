import type { Descriptor } from "../../oci/descriptor.ts";
import type { RemoteReferrer } from "../client/lists.ts";
import type { InspectedImage } from "../inspect-images.ts";
import { fields } from "../output/fields.ts";
import { formatBytes } from "../../oci/size.ts";
import { age, shortDigest } from "../output/words.ts";
import { visibleLine } from "../output/visible.ts";
import type { Columns } from "../managed/shapes.ts";

export const IMAGE_COLUMNS: Columns<InspectedImage> = {
  platform: ({ platform, kind }) => platform ?? kind ?? "-",
  digest: ({ digest }) => digest,
  layers: ({ layers }) => String(layers.length),
  size: ({ contentSize }) => formatBytes(contentSize),
  created: ({ config }) => (config?.created ? age(config.created) : "-"),
};

/** The columns for the attestations that a builder added to an index. */
export const ATTESTATION_COLUMNS: Columns<InspectedImage> = {
  "attestation of": ({ attests }) => attests?.platform ?? shortDigest(attests?.digest ?? ""),
  digest: ({ digest }) => digest,
  statements: ({ attests }) => attests?.predicateTypes.join(", ") || "unknown",
};

export const LAYER_COLUMNS: Columns<Descriptor> = {
  layer: ({ digest }) => digest,
  size: ({ size }) => formatBytes(size),
  type: ({ mediaType }) => mediaType,
};

export const REFERRER_COLUMNS: Columns<RemoteReferrer> = {
  digest: ({ digest }) => digest,
  size: ({ size }) => formatBytes(size),
  type: ({ artifactType, mediaType }) => artifactType ?? mediaType,
};

/** Formats an image's configuration: its start command and its labels; null for an artifact. */
export function configText({ platform, config }: InspectedImage, width: number): readonly [string] | null {
  if (config === null) return null;
  const { User, WorkingDir, Entrypoint, Cmd, Env, ExposedPorts, Labels } = config.config ?? {};
  const text = fields(
    {
      platform,
      created: config.created ? age(config.created) : null,
      user: User || null,
      directory: WorkingDir || null,
      entrypoint: command(Entrypoint),
      command: command(Cmd),
      ports: joined(Object.keys(ExposedPorts ?? {}), ", "),
      environment: joined(Env ?? [], "\n"),
      labels: joined(
        Object.entries(Labels ?? {}).map(([key, value]) => `${key}=${value}`),
        "\n",
      ),
    },
    width,
  );
  return [text];
}

function command(words: readonly string[] | null | undefined): string | null {
  return words && words.length > 0 ? JSON.stringify(words) : null;
}

/** Joins the parts; each stays on its line, whatever characters it has. */
export function joined(parts: readonly string[], separator: string): string | null {
  return parts.length === 0 ? null : parts.map((part) => visibleLine(part)).join(separator);
}

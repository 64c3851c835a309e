import type { Manifest } from "../../contract/operations.ts";
import type { ImageConfig, Step } from "./image-config.ts";
import { annotation, type Descriptor } from "./manifest.ts";

type Needed = Manifest["needs"][number];

/** A step of a build, with the layer that it made, if any. */
export interface LayerStep {
  readonly command: string | null;
  readonly created: string | null;
  readonly layer: Layer | null;
}

export interface Layer {
  /** The layer's place, from 1 at the bottom. */
  readonly number: number;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes, as stored. */
  readonly size: number;
  /** The name of the file that the layer is, if it is one. */
  readonly title: string | null;
  /** Some other tags that have this layer. */
  readonly sharedWith: readonly string[];
  /** The reason that it cannot be pulled, in words; null if it can. */
  readonly trouble: string | null;
}

export function layersOf(layers: readonly Descriptor[], needs: readonly Needed[]): readonly Layer[] {
  const known = new Map(needs.map((need) => [need.digest, need]));
  return layers.map((layer, index) => {
    const { digest, mediaType, size } = layer;
    const need = known.get(digest);
    return {
      number: index + 1,
      digest,
      mediaType,
      size,
      title: annotation(layer, "org.opencontainers.image.title"),
      sharedWith: need?.sharedWith ?? [],
      trouble: troubleOf(need),
    };
  });
}

/** Returns the fault of content that is needed, in words; null if none is known. */
export function troubleOf(need: Needed | undefined): string | null {
  if (need === undefined) return null;
  if (need.damage !== null) return need.damage;
  return need.kind === null ? "not there" : null;
}

/** Returns the steps of a config's history with their layers, then the layers that no step made. */
export function stepsOf(layers: readonly Layer[], config: ImageConfig | null): readonly LayerStep[] {
  const left = [...layers];
  const steps = (config?.history ?? []).map((step) => ({
    command: commandOf(step),
    created: step.created,
    layer: step.empty_layer ? null : (left.shift() ?? null),
  }));
  return [...steps, ...left.map((layer) => ({ command: layer.title, created: null, layer }))];
}

/** Returns the command as it stood in the build's file, without the text that builders put around it. */
function commandOf({ created_by: by, comment }: Step): string | null {
  if (!by) return comment;
  if (by.startsWith("/bin/sh -c #(nop)")) return by.slice("/bin/sh -c #(nop)".length).trim();
  // Builders count the build's arguments: |1 VERSION=1.0 /bin/sh -c make
  return by.replace(/ # buildkit$/, "").replace(/^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /s, "RUN ");
}

/** Returns the bytes of some layers, each blob once. */
export function sizeOf(layers: readonly Pick<Layer, "digest" | "size">[]): number {
  return [...new Map(layers.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0);
}

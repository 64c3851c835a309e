import type { Manifest } from "../../contract/operations.ts";
import type { ImageConfig, Step } from "./image-config.ts";
import { annotation, type Descriptor } from "./manifest.ts";

type Needed = Manifest["needs"][number];

/** A step of a build: with the layer that it made, if it made one. */
export interface LayerStep {
  readonly command: string | null;
  readonly created: string | null;
  readonly layer: Layer | null;
}

export interface Layer {
  /** From 1 on, as they lie on each other. */
  readonly number: number;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes, as it is stored. */
  readonly size: number;
  /** The file that it is, where it is one. */
  readonly title: string | null;
  /** Some tags that have it too. */
  readonly sharedWith: readonly string[];
  /** In words, where it cannot be pulled. */
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

/** What is wrong with something that is needed, in words. What is not known is not told. */
export function troubleOf(need: Needed | undefined): string | null {
  if (need === undefined) return null;
  if (need.damage !== null) return need.damage;
  return need.kind === null ? "not there" : null;
}

/** A config's history with the layers: step by step, and what has no step after them. */
export function stepsOf(layers: readonly Layer[], config: ImageConfig | null): readonly LayerStep[] {
  const left = [...layers];
  const steps = (config?.history ?? []).map((step) => ({
    command: commandOf(step),
    created: step.created,
    layer: step.empty_layer ? null : (left.shift() ?? null),
  }));
  return [...steps, ...left.map((layer) => ({ command: layer.title, created: null, layer }))];
}

/** As it stood in the build's file, without what builders put around it. */
function commandOf({ created_by: by, comment }: Step): string | null {
  if (!by) return comment;
  if (by.startsWith("/bin/sh -c #(nop)")) return by.slice("/bin/sh -c #(nop)".length).trim();
  // The arguments of the build are counted: |1 VERSION=1.0 /bin/sh -c make
  return by.replace(/ # buildkit$/, "").replace(/^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /s, "RUN ");
}

/** Bytes of some layers, each blob once. */
export function sizeOf(layers: readonly Pick<Layer, "digest" | "size">[]): number {
  return [...new Map(layers.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0);
}

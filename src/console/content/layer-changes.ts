import type { Layer, LayerStep } from "./layers.ts";

export type LayerState = "added" | "removed" | "changed" | "shared";

export interface LayerChange {
  readonly state: LayerState;
  /** The layer now; for a removed one, as it was. */
  readonly layer: Layer;
  /** The former layer of a changed one; else null. */
  readonly before: Layer | null;
  readonly command: string | null;
}

interface Made {
  readonly layer: Layer;
  readonly command: string | null;
}

/**
 * Tells the fate of each layer. A layer of both images is shared. The rest are paired by the command that made them,
 * the first with the first, the second with the second: a pair is changed. If no command is known, the place in the
 * image stands for it.
 */
export function layerChanges(from: readonly LayerStep[], to: readonly LayerStep[]): readonly LayerChange[] {
  const [before, after] = [madeBy(from), madeBy(to)];
  const [had, has] = [digestsOf(before), digestsOf(after)];
  const waiting = Map.groupBy(
    before.filter(({ layer }) => !has.has(layer.digest)),
    keyOf,
  );
  const now = after.map(({ layer, command }): LayerChange => {
    if (had.has(layer.digest)) return { state: "shared", layer, before: null, command };
    const was = waiting.get(keyOf({ layer, command }))?.shift() ?? null;
    return { state: was === null ? "added" : "changed", layer, before: was?.layer ?? null, command };
  });
  const removed = [...waiting.values()].flat().map(({ layer, command }): LayerChange => {
    return { state: "removed", layer, before: null, command };
  });
  return [...removed, ...now];
}

function madeBy(steps: readonly LayerStep[]): readonly Made[] {
  return steps.flatMap(({ layer, command }) => (layer === null ? [] : [{ layer, command }]));
}

function digestsOf(made: readonly Made[]): ReadonlySet<string> {
  return new Set(made.map(({ layer }) => layer.digest));
}

/** Returns the command without the digests that builders write into it, since these differ from build to build. */
function keyOf({ layer, command }: Made): string {
  return command === null ? `place ${layer.number}` : command.replaceAll(/[0-9a-f]{64}/g, "…");
}

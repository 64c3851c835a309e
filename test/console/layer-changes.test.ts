import { expect, it } from "vitest";
import { layerChanges } from "../../src/console/content/layer-changes.ts";
import type { LayerStep } from "../../src/console/content/layers.ts";

/** Makes the steps of a build: a command, and the letter of the layer that it made. */
function steps(...made: readonly (readonly [string | null, string])[]): readonly LayerStep[] {
  return made.map(([command, digest], index) => ({
    command,
    created: null,
    layer: { number: index + 1, digest, mediaType: "", size: 1, title: null, sharedWith: [], trouble: null },
  }));
}

function changes(from: readonly LayerStep[], to: readonly LayerStep[]): readonly string[] {
  return layerChanges(from, to).map(({ state, layer, before }) => `${state} ${before?.digest ?? "-"} ${layer.digest}`);
}

it("pairs layers that the same command made, in their order, though all digests are others", () => {
  const before = steps(["RUN apt", "a"], ["COPY . .", "b"], ["RUN make", "c"], ["COPY . .", "d"]);
  const after = steps(["RUN apt", "A"], ["COPY . .", "B"], ["RUN make", "C"], ["COPY . .", "D"]);
  expect(changes(before, after)).toEqual(["changed a A", "changed b B", "changed c C", "changed d D"]);
});

it("leaves what both have, and tells what went and came", () => {
  const before = steps(["FROM", "base"], ["RUN old", "a"], ["COPY", "b"]);
  const after = steps(["FROM", "base"], ["COPY", "B"], ["RUN new", "c"]);
  expect(changes(before, after)).toEqual(["removed - a", "shared - base", "changed b B", "added - c"]);
});

it("goes by the place where no command is known, and looks past digests in commands", () => {
  const before = steps([null, "a"], [`ADD file:${"1".repeat(64)} in /`, "b"]);
  const after = steps([null, "A"], [`ADD file:${"2".repeat(64)} in /`, "B"], [null, "C"]);
  expect(changes(before, after)).toEqual(["changed a A", "changed b B", "added - C"]);
});

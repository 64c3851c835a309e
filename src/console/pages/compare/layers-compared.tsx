import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { LongText } from "../../components/entries-table.tsx";
import { SizeBar } from "../../components/size-bar.tsx";
import { Bytes, Digest } from "../../components/values.tsx";
import { keyed } from "../../content/keyed.ts";
import { type LayerChange, layerChanges, type LayerState } from "../../content/layer-changes.ts";
import { type Layer, type LayerStep, sizeOf } from "../../content/layers.ts";

export interface LayerSide {
  readonly layers: readonly Layer[];
  readonly steps: readonly LayerStep[];
}

interface LayersComparedProps {
  readonly from: LayerSide;
  readonly to: LayerSide;
}

/** Rows that are shown until the reader asks for more. */
const SHOWN = 300;

const STATES = ["removed", "added", "changed", "shared"] as const satisfies readonly LayerState[];

/** Lists the layers that were added, removed, changed and kept. */
export function LayersCompared({ from, to }: LayersComparedProps) {
  const [isWhole, setWhole] = useState(false);
  const changes = layerChanges(from.steps, to.steps);
  const groups = Map.groupBy(changes, ({ state }) => state);
  const rows = STATES.flatMap((state) => groups.get(state) ?? []);
  const largest = Math.max(0, ...rows.map(({ layer }) => layer.size));
  const shown = isWhole ? rows : rows.slice(0, SHOWN);
  return (
    <section className="entries">
      <h2>Layers</h2>
      <p>
        {(["added", "removed", "changed", "shared"] as const).map((state, index) => (
          <span key={state}>
            {index > 0 && ", "}
            <Sum rows={groups.get(state) ?? []} state={state} />
          </span>
        ))}
        .
      </p>
      <ol className="steps card" aria-label="Layers compared">
        {keyed(shown, ({ layer }) => layer.digest).map(([key, { state, layer, before, command }]) => (
          <li key={key} className={`step step-${state}`}>
            <span className="step-number">{SIGNS[state]}</span>
            <div className="step-command">
              <span className="visually-hidden">{state}: </span>
              {command === null ? (
                <span className="muted">no command is known</span>
              ) : (
                <code>
                  <LongText text={command} />
                </code>
              )}
            </div>
            <div className="step-layer">
              <span className="step-size">
                {before !== null && (
                  <>
                    <Bytes count={before.size} /> →{" "}
                  </>
                )}
                <Bytes count={layer.size} />
              </span>
              <SizeBar part={layer.size} of={largest} isMuted={state === "shared"} />
              <span className="step-digest">
                {before !== null && (
                  <>
                    <Digest digest={before.digest} /> →{" "}
                  </>
                )}
                <Digest digest={layer.digest} />
              </span>
            </div>
          </li>
        ))}
      </ol>
      {shown.length < rows.length && (
        <div>
          <Button onClick={() => setWhole(true)}>Show the other {(rows.length - shown.length).toLocaleString()}</Button>
        </div>
      )}
    </section>
  );
}

const SIGNS: Readonly<Record<LayerState, string>> = { added: "+", removed: "−", changed: "~", shared: "=" };

function Sum({ rows, state }: { readonly rows: readonly LayerChange[]; readonly state: LayerState }) {
  return (
    <>
      {rows.length.toLocaleString()} {state}
      {rows.length > 0 && (
        <>
          {" "}
          (<Bytes count={sizeOf(rows.map(({ layer }) => layer))} />)
        </>
      )}
    </>
  );
}

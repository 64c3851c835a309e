import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { LongText } from "../../components/entries-table.tsx";
import { SizeBar } from "../../components/size-bar.tsx";
import { Bytes, Digest } from "../../components/values.tsx";
import { keyed } from "../../content/keyed.ts";
import { type Layer, type LayerStep, sizeOf } from "../../content/layers.ts";

export interface LayerSide {
  readonly layers: readonly Layer[];
  readonly steps: readonly LayerStep[];
}

interface LayersComparedProps {
  readonly from: LayerSide;
  readonly to: LayerSide;
}

type State = "added" | "removed" | "shared";

interface Row {
  readonly state: State;
  readonly layer: Layer;
  readonly command: string | null;
}

/** Rows that are shown without being asked for. */
const SHOWN = 300;

/** Which layers went, came and stayed. */
export function LayersCompared({ from, to }: LayersComparedProps) {
  const [isWhole, setWhole] = useState(false);
  const groups = rowsOf(from, to);
  const rows = [...groups.removed, ...groups.added, ...groups.shared];
  const largest = Math.max(0, ...rows.map(({ layer }) => layer.size));
  const shown = isWhole ? rows : rows.slice(0, SHOWN);
  return (
    <section className="entries">
      <h2>Layers</h2>
      <p>
        <Sum rows={groups.added} state="added" />, <Sum rows={groups.removed} state="removed" />,{" "}
        <Sum rows={groups.shared} state="shared" />.
      </p>
      <ol className="steps card" aria-label="Layers compared">
        {keyed(shown, ({ layer }) => layer.digest).map(([key, { state, layer, command }]) => (
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
                <Bytes count={layer.size} />
              </span>
              <SizeBar part={layer.size} of={largest} isMuted={state === "shared"} />
              <span className="step-digest">
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

const SIGNS: Readonly<Record<State, string>> = { added: "+", removed: "−", shared: "=" };

function Sum({ rows, state }: { readonly rows: readonly Row[]; readonly state: State }) {
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

function rowsOf(from: LayerSide, to: LayerSide): Readonly<Record<State, readonly Row[]>> {
  const [before, after] = [digestsOf(from), digestsOf(to)];
  const rows = (side: LayerSide, state: State, isMeant: (digest: string) => boolean): readonly Row[] =>
    side.steps.flatMap(({ layer, command }) =>
      layer !== null && isMeant(layer.digest) ? [{ state, layer, command }] : [],
    );
  return {
    removed: rows(from, "removed", (digest) => !after.has(digest)),
    added: rows(to, "added", (digest) => !before.has(digest)),
    shared: rows(to, "shared", (digest) => before.has(digest)),
  };
}

function digestsOf({ layers }: LayerSide): ReadonlySet<string> {
  return new Set(layers.map(({ digest }) => digest));
}

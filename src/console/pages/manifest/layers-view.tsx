import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { LongText } from "../../components/entries-table.tsx";
import { ReferenceLink } from "../../parts/reference-link.tsx";
import { ShareBar, SizeBar } from "../../components/size-bar.tsx";
import { Bytes, Digest } from "../../components/values.tsx";
import { parseImageConfig } from "../../content/image-config.ts";
import { keyed } from "../../content/keyed.ts";
import { kindOf } from "../../content/kind.ts";
import { type Layer, layersOf, type LayerStep, sizeOf, stepsOf } from "../../content/layers.ts";
import type { Descriptor } from "../../content/manifest.ts";
import type { ManifestProps, Place } from "./place.ts";

/** Steps that are shown until the reader asks for more: a page of more is slow. */
const SHOWN = 500;

/** Lists an image's layers with the commands that made them, or an artifact's files. */
export function LayersView({ manifest, layers, ...place }: ManifestProps & { readonly layers: readonly Descriptor[] }) {
  const [isWhole, setWhole] = useState(false);
  const isImage = kindOf(manifest) === "image";
  const known = layersOf(layers, manifest.needs);
  const steps = stepsOf(known, isImage ? parseImageConfig(manifest.config?.json) : null);
  const largest = Math.max(0, ...known.map(({ size }) => size));
  const shown = isWhole ? steps : steps.slice(0, SHOWN);
  return (
    <>
      <Summary layers={known} what={isImage ? "layer" : "file"} />
      <ol className="steps card" aria-label={isImage ? "Layers" : "Files"}>
        {keyed(shown, ({ layer }) => layer?.digest ?? "").map(([key, step]) => (
          <StepRow key={key} step={step} largest={largest} isImage={isImage} {...place} />
        ))}
      </ol>
      {shown.length < steps.length && (
        <Button onClick={() => setWhole(true)}>Show the other {(steps.length - shown.length).toLocaleString()}</Button>
      )}
    </>
  );
}

function Summary({ layers, what }: { readonly layers: readonly Layer[]; readonly what: string }) {
  const shared = layers.filter(({ sharedWith }) => sharedWith.length > 0);
  return (
    <div className="layers-summary">
      <p>
        {layers.length.toLocaleString()} {what}
        {layers.length === 1 ? "" : "s"}, <Bytes count={sizeOf(layers)} />
        {shared.length > 0 && (
          <>
            ; <span className="key-shared" /> <Bytes count={sizeOf(shared)} /> in {shared.length.toLocaleString()}{" "}
            shared with other tags
          </>
        )}
      </p>
      <ShareBar
        shares={layers.map(({ number, digest, size, sharedWith }) => ({
          id: `${number}`,
          size,
          isMuted: sharedWith.length > 0,
          title: `${number}: ${digest}`,
        }))}
      />
    </div>
  );
}

interface StepRowProps extends Place {
  readonly step: LayerStep;
  readonly largest: number;
  readonly isImage: boolean;
}

function StepRow({ step: { command, layer }, largest, isImage, ...place }: StepRowProps) {
  return (
    <li className={layer === null ? "step step-empty" : "step"}>
      <span className="step-number">{layer?.number}</span>
      <div className="step-command">
        {command === null ? (
          <span className="muted">{isImage ? "no command is known" : (layer?.mediaType ?? "")}</span>
        ) : (
          <code>
            <LongText text={command} />
          </code>
        )}
      </div>
      {layer !== null && (
        <div className="step-layer">
          <span className="step-size">
            <Bytes count={layer.size} />
          </span>
          <SizeBar part={layer.size} of={largest} isMuted={layer.sharedWith.length > 0} />
          <span className="step-digest">
            <Digest digest={layer.digest} />
            {layer.trouble !== null && <span className="badge badge-bad">{layer.trouble}</span>}
          </span>
          {layer.sharedWith.length > 0 && <SharedWith tags={layer.sharedWith} {...place} />}
        </div>
      )}
    </li>
  );
}

function SharedWith({ tags, ...place }: Place & { readonly tags: readonly string[] }) {
  return (
    <span className="step-tags muted">
      also in{" "}
      {tags.map((tag, index) => (
        <span key={tag}>
          {index > 0 && ", "}
          <ReferenceLink {...place} reference={tag} />
        </span>
      ))}
    </span>
  );
}

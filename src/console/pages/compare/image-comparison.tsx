import type { Manifest } from "../../../contract/operations.ts";
import { formatBytes } from "../../../oci/size.ts";
import { Facts } from "../../components/facts.tsx";
import { ReferenceLink } from "../../parts/reference-link.tsx";
import { Bytes } from "../../components/values.tsx";
import { differencesOf } from "../../content/differences.ts";
import { environment, type ImageConfig, parseImageConfig, settingsOf } from "../../content/image-config.ts";
import type { Entry } from "../../content/json.ts";
import { layersOf, sizeOf, stepsOf } from "../../content/layers.ts";
import { parseContent } from "../../content/manifest.ts";
import type { Place } from "../manifest/place.ts";
import { DifferencesTable } from "./differences-table.tsx";
import { type LayerSide, LayersCompared } from "./layers-compared.tsx";
import { PackagesCompared } from "./packages-compared.tsx";

interface ImageComparisonProps extends Place {
  readonly from: Manifest;
  readonly to: Manifest;
}

/** Compares two images, or other artifacts: layers, configuration, packages. */
export function ImageComparison({ from, to, ...place }: ImageComparisonProps) {
  const [before, after] = [sideOf(from), sideOf(to)];
  const settings = differencesOf(before.settings, after.settings);
  const env = differencesOf(before.env, after.env);
  const labels = differencesOf(before.config?.config.Labels ?? [], after.config?.config.Labels ?? []);
  const isSame = settings.length + env.length + labels.length === 0;
  return (
    <div className="sections">
      <div className="card">
        <Facts
          facts={{
            From: <Named {...place} manifest={from} />,
            To: <Named {...place} manifest={to} />,
            Size: <SizeChange from={sizeOf(before.layers)} to={sizeOf(after.layers)} />,
          }}
        />
      </div>
      <LayersCompared from={before} to={after} />
      {isSame && <p className="muted">The configuration is the same.</p>}
      <DifferencesTable title="Configuration" differences={settings} />
      <DifferencesTable title="Environment" differences={env} />
      <DifferencesTable title="Labels" differences={labels} />
      <DifferencesTable
        title="Annotations"
        differences={differencesOf(Object.entries(from.annotations ?? {}), Object.entries(to.annotations ?? {}))}
      />
      <PackagesCompared {...place} from={from} to={to} />
    </div>
  );
}

function Named({ manifest, ...place }: Place & { readonly manifest: Manifest }) {
  return (
    <span className="badges">
      <ReferenceLink {...place} reference={manifest.digest} />
      {manifest.tags.slice(0, 5).map((tag) => (
        <span key={tag} className="badge">
          {tag}
        </span>
      ))}
    </span>
  );
}

function SizeChange({ from, to }: { readonly from: number; readonly to: number }) {
  const difference = to - from;
  const sign = difference > 0 ? "+" : "−";
  return (
    <>
      <Bytes count={from} /> → <Bytes count={to} />
      {difference !== 0 && ` (${sign}${formatBytes(Math.abs(difference))})`}
    </>
  );
}

interface Side extends LayerSide {
  readonly config: ImageConfig | null;
  readonly settings: readonly Entry[];
  readonly env: readonly Entry[];
}

function sideOf(manifest: Manifest): Side {
  const config = parseImageConfig(manifest.config?.json);
  const layers = layersOf(parseContent(manifest.raw).layers, manifest.needs);
  return {
    layers,
    steps: stepsOf(layers, config),
    config,
    settings: config === null ? [] : settingsOf(config),
    env: config === null ? [] : environment(config),
  };
}

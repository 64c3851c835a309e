import { Facts } from "../../components/facts.tsx";
import { EntriesTable } from "../../components/entries-table.tsx";
import { Empty } from "../../components/notice.tsx";
import { Bytes } from "../../components/values.tsx";
import { environment, type ImageConfig, parseImageConfig, settingsOf } from "../../content/image-config.ts";
import { parseJson } from "../../content/json.ts";
import { kindOf } from "../../content/kind.ts";
import { omissionText } from "../../content/omission.ts";
import type { ManifestProps } from "./place.ts";

/** Shows the settings that an image runs with, and its builder's annotations. */
export function ConfigView({ manifest }: ManifestProps) {
  const { config, annotations } = manifest;
  const isImage = kindOf(manifest) === "image";
  const image = isImage ? parseImageConfig(config?.json) : null;
  const notes = Object.entries(annotations ?? {});
  const other = !isImage && config !== null && !isBlank(config.json) ? config.json : null;
  const hasNothing = image === null && other === null && notes.length === 0 && !config?.omitted;
  return (
    <div className="sections">
      {config?.omitted && (
        <p className="notice">
          <span>
            The config (<Bytes count={config.size} />) {omissionText(config.omitted)}
          </span>
        </p>
      )}
      {hasNothing && <Empty title="Nothing to show" />}
      {image && <ImageFacts image={image} />}
      {image && <EntriesTable title="Environment" entries={environment(image)} />}
      {image && <EntriesTable title="Labels" entries={image.config.Labels} />}
      <EntriesTable title="Annotations" entries={notes} />
      {other !== null && (
        <section className="entries">
          <h2>Config</h2>
          <pre className="card json" tabIndex={0} aria-label="Config">
            {JSON.stringify(other, null, 2)}
          </pre>
        </section>
      )}
    </div>
  );
}

function ImageFacts({ image }: { readonly image: ImageConfig }) {
  const more = { User: "root (none is named)", Created: image.created, Author: image.author || null };
  return (
    <div className="card">
      <Facts facts={{ ...more, ...Object.fromEntries(settingsOf(image)) }} />
    </div>
  );
}

/** True for the empty config of an artifact that needs none. */
function isBlank(json: unknown): boolean {
  return JSON.stringify(json) === JSON.stringify(parseJson("{}"));
}

import { Facts } from "../../components/facts.tsx";
import { ReferenceLink } from "../../parts/reference-link.tsx";
import { Time } from "../../components/time.tsx";
import { Bytes, Digest } from "../../components/values.tsx";
import { parseImageConfig } from "../../content/image-config.ts";
import { describe, parseChart } from "../../content/kind.ts";
import { isTime } from "../../content/time.ts";
import type { ManifestProps } from "./place.ts";

/** Shows the facts that a reader looks for first. */
export function ManifestFacts({ manifest, ...place }: ManifestProps) {
  const { tags, usedBy, config, contentSize, pushedAt, pulledAt, subject } = manifest;
  const created = parseImageConfig(config?.json)?.created;
  const chart = parseChart(manifest);
  return (
    <div className="card">
      <Facts
        facts={{
          What: describe(manifest),
          About: chart?.description || null,
          App: chart?.appVersion || null,
          Size: <Bytes count={contentSize} />,
          Digest: <Digest digest={manifest.digest} />,
          Tags:
            tags.length > 0 ? (
              <span className="badges">
                {tags.map((tag) => (
                  <span key={tag} className="badge">
                    <ReferenceLink {...place} reference={tag} />
                  </span>
                ))}
                {manifest.hasMoreTags && <span className="muted">and more</span>}
              </span>
            ) : null,
          Built: isTime(created) ? <Time at={created} /> : null,
          Pushed: <Time at={pushedAt} />,
          Pulled: pulledAt === null ? "never" : <Time at={pulledAt} />,
          "Refers to": subject === null ? null : <ReferenceLink {...place} reference={subject} />,
          "Used by": usedBy.length > 0 ? <UsedBy {...place} manifest={manifest} /> : null,
        }}
      />
    </div>
  );
}

function UsedBy({ manifest: { usedBy }, ...place }: ManifestProps) {
  return (
    <ul className="plain-list">
      {usedBy.map(({ digest, tags }) => (
        <li key={digest}>
          {tags.length === 0 ? <ReferenceLink {...place} reference={digest} /> : null}
          {tags.map((tag) => (
            <span key={tag} className="badge">
              <ReferenceLink {...place} reference={tag} />
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

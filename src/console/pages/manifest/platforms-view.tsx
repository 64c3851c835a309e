import { shortDigest } from "../../../contract/format.ts";
import { ReferenceLink } from "../../parts/reference-link.tsx";
import { SizeBar } from "../../components/size-bar.tsx";
import { Bytes, Digest } from "../../components/values.tsx";
import { keyed } from "../../content/keyed.ts";
import { typeName } from "../../content/kind.ts";
import { troubleOf } from "../../content/layers.ts";
import { attests, type Descriptor, platformName } from "../../content/manifest.ts";
import type { ManifestProps } from "./place.ts";
import "../../components/data-table.css";

/** More rows than anyone reads. */
const SHOWN = 500;

/** Lists an index's entries: an image for each platform, and a builder's attachments to them. */
export function PlatformsView({
  manifest,
  entries,
  ...place
}: ManifestProps & { readonly entries: readonly Descriptor[] }) {
  const needs = new Map(manifest.needs.map((need) => [need.digest, need]));
  const largest = Math.max(0, ...manifest.needs.map(({ contentSize }) => contentSize ?? 0));
  const titles = new Map(entries.map((entry) => [entry.digest, platformName(entry.platform)]));
  return (
    <div className="card card-table">
      <table className="data-table" aria-label="Platforms">
        <thead>
          <tr>
            <th scope="col">Platform</th>
            <th scope="col" className="secondary">
              Digest
            </th>
            <th scope="col" className="align-end">
              Size
            </th>
            <th scope="col" className="secondary bar-cell">
              <span className="visually-hidden">Size to scale</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keyed(entries.slice(0, SHOWN), ({ digest }) => digest).map(([key, entry]) => {
            const need = needs.get(entry.digest);
            const trouble = troubleOf(need);
            const size = need?.contentSize ?? null;
            return (
              <tr key={key}>
                <td>
                  {need?.kind === "manifest" ? (
                    <ReferenceLink {...place} reference={entry.digest}>
                      {titleOf(entry, titles)}
                    </ReferenceLink>
                  ) : (
                    titleOf(entry, titles)
                  )}{" "}
                  {trouble !== null && <span className="badge badge-bad">{trouble}</span>}
                </td>
                <td className="secondary">
                  <Digest digest={entry.digest} />
                </td>
                <td className="align-end">{size === null ? "" : <Bytes count={size} />}</td>
                <td className="secondary bar-cell">{size !== null && <SizeBar part={size} of={largest} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {entries.length > SHOWN && <p className="more">and {(entries.length - SHOWN).toLocaleString()} more</p>}
    </div>
  );
}

function titleOf(entry: Descriptor, titles: ReadonlyMap<string, string | null>): string {
  const subject = attests(entry);
  if (subject !== null) return `Attestation for ${titles.get(subject) ?? shortDigest(subject)}`;
  const platform = platformName(entry.platform);
  if (platform === null) return entry.artifactType === null ? shortDigest(entry.digest) : typeName(entry.artifactType);
  return [platform, entry.platform?.["os.version"]].filter(Boolean).join(" ");
}

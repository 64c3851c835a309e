import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Manifest } from "../../../contract/operations.ts";
import { operationQuery } from "../../api/queries.ts";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { parseImageConfig } from "../../content/image-config.ts";
import { kindOf } from "../../content/kind.ts";
import { parseContent, platformName } from "../../content/manifest.ts";
import type { Place } from "../manifest/place.ts";
import { ImageComparison } from "./image-comparison.tsx";

interface ComparisonProps extends Place {
  readonly from: Manifest;
  readonly to: Manifest;
  /** The chosen platform, if there are several. */
  readonly platform: string | undefined;
}

/** Compares two manifests: images directly, indexes by platform. */
export function Comparison({ from, to, platform, ...place }: ComparisonProps) {
  if (from.digest === to.digest) return <p className="notice">Both are the same, byte for byte.</p>;
  if (kindOf(from) !== "index" && kindOf(to) !== "index") return <ImageComparison {...place} from={from} to={to} />;
  return <ByPlatform {...place} from={from} to={to} platform={platform} />;
}

/** Returns the platforms of a manifest, each with the digest of its image. An image stands for its own platform. */
function platformsOf(manifest: Manifest): ReadonlyMap<string, string> {
  if (kindOf(manifest) !== "index") {
    return new Map([[platformName(parseImageConfig(manifest.config?.json)) ?? "unknown", manifest.digest]]);
  }
  const named = parseContent(manifest.raw).manifests.map(
    ({ platform, digest }) => [platformName(platform), digest] as const,
  );
  // Clients pull the first image of a platform.
  return new Map(named.flatMap(([name, digest]) => (name === null ? [] : [[name, digest] as const])).toReversed());
}

function stateOf(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return "added";
  if (to === undefined) return "removed";
  return from === to ? "same" : "changed";
}

function ByPlatform({ from, to, platform, ...place }: ComparisonProps) {
  const [before, after] = [platformsOf(from), platformsOf(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const states = new Map<string, string>(names.map((name) => [name, stateOf(before.get(name), after.get(name))]));
  const isChanged = (name: string): boolean => states.get(name) === "changed";
  const chosen = platform !== undefined && states.has(platform) ? platform : (names.find(isChanged) ?? names[0]);
  if (chosen === undefined) return <p className="notice">Neither names a platform, so there is nothing to compare.</p>;
  const [left, right] = [before.get(chosen), after.get(chosen)];
  return (
    <>
      <nav aria-label="Platforms" className="platform-nav">
        {names.map((name) => (
          <Link
            key={name}
            to="."
            search={(search) => ({ ...search, platform: name })}
            replace
            resetScroll={false}
            className="badge"
            aria-current={name === chosen ? "true" : undefined}
          >
            {name} · {states.get(name)}
          </Link>
        ))}
      </nav>
      {left !== undefined && right !== undefined && left !== right ? (
        <Pair {...place} from={left} to={right} />
      ) : (
        <p className="notice">{SENTENCES[states.get(chosen) ?? ""]}</p>
      )}
    </>
  );
}

const SENTENCES: Readonly<Partial<Record<string, string>>> = {
  added: "Only the second has an image for this platform.",
  removed: "Only the first has an image for this platform.",
  same: "For this platform both have the same image, byte for byte.",
};

interface PairProps extends Place {
  readonly from: string;
  readonly to: string;
}

function Pair({ from, to, ...place }: PairProps) {
  const { space, repository } = place;
  const ask = (reference: string) =>
    operationQuery("getManifest", { path: { space }, query: { repository, reference } });
  const [left, right] = [useQuery(ask(from)), useQuery(ask(to))];
  const error = left.error ?? right.error;
  if (error) return <Failure error={error} />;
  if (!left.data || !right.data) return <Loading what="both images" />;
  return <ImageComparison {...place} from={left.data} to={right.data} />;
}

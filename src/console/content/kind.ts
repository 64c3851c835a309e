import * as z from "zod";
import { IMAGE_CONFIG_TYPES } from "../../oci/image-config.ts";
import type { Manifest } from "../../contract/operations.ts";
import { parseImageConfig } from "./image-config.ts";
import { text } from "./json.ts";
import { parseContent, platformName } from "./manifest.ts";

/** A manifest's kind, for a person who wants to use it. */
export type Kind = "index" | "image" | "chart" | "artifact";

const IMAGE_CONFIGS: ReadonlySet<string> = new Set(IMAGE_CONFIG_TYPES);
const CHART = "application/vnd.cncf.helm.config.v1+json";
const INDEX = /\.(?:image\.index\.v1|manifest\.list\.v2)\+json$/;

export function kindOf({ mediaType, config, artifactType, raw }: Manifest): Kind {
  if (INDEX.test(mediaType)) return "index";
  if (config?.mediaType === CHART) return "chart";
  const isImage = IMAGE_CONFIGS.has(config?.mediaType ?? "") && IMAGE_CONFIGS.has(artifactType ?? "");
  return isImage && payloadType(raw) === null ? "image" : "artifact";
}

const LAYER = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./;

/**
 * Returns the type of the first layer if no layer is an image's; else null. Older versions of cosign and of builders
 * push signatures and attestations as images, and only the types of their layers tell them apart.
 */
function payloadType(raw: string | null): string | null {
  const { layers } = parseContent(raw);
  return layers.some(({ mediaType }) => LAYER.test(mediaType)) ? null : (layers[0]?.mediaType ?? null);
}

/** Describes a manifest in one line. */
export function describe(manifest: Manifest): string {
  switch (kindOf(manifest)) {
    case "index":
      return manifest.artifactType === null
        ? "Image for several platforms (index)"
        : `Index of ${typeName(manifest.artifactType)}`;
    case "image": {
      const platform = platformName(parseImageConfig(manifest.config?.json));
      return platform ? `Image for ${platform}` : "Image";
    }
    case "chart":
      return chartOf(manifest) ?? "Helm chart";
    case "artifact": {
      const { artifactType, annotations, raw } = manifest;
      return attachmentName(IMAGE_CONFIGS.has(artifactType ?? "") ? payloadType(raw) : artifactType, annotations);
    }
  }
}

const chart = z.object({ name: text, version: text, appVersion: text, description: text });

type Chart = z.output<typeof chart>;

/** Returns the facts in a chart's config; null if there are none. */
export function parseChart(manifest: Manifest): Chart | null {
  return chart.safeParse(manifest.config?.json).data ?? null;
}

function chartOf(manifest: Manifest): string | null {
  const found = parseChart(manifest);
  return found?.name ? `Helm chart ${[found.name, found.version].filter(Boolean).join(" ")}` : null;
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/spdx/i, "SBOM (SPDX)"],
  [/cyclonedx/i, "SBOM (CycloneDX)"],
  [/\bsbom\b/i, "SBOM"],
  [/slsa\.dev\/provenance/, "Provenance (SLSA)"],
  [/vnd\.docker\.attestation/, "Attestations of the builder"],
  [/vnd\.in-toto|vnd\.dsse/, "Attestation (in-toto)"],
  [/sarif/, "Scan report (SARIF)"],
  [/trivy|vuln|grype|scan/i, "Scan report"],
  [/sigstore\.bundle/, "Signature or attestation (Sigstore bundle)"],
  [/cosign.*sig|simplesigning/, "Signature (cosign)"],
  [/notary.*signature/, "Signature (Notary)"],
  [/vnd\.cncf\.helm/, "Helm chart"],
  [/vnd\.cncf\.flux/, "Flux artifact"],
  [/wasm/i, "WebAssembly module"],
];

/** Returns words for a type of artifact; if there are none, the type itself. */
export function typeName(artifactType: string | null): string {
  if (artifactType === null) return "Artifact";
  return wordsFor(artifactType) ?? `Artifact of type ${artifactType}`;
}

function wordsFor(type: string): string | null {
  return TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? null;
}

/** Like typeName, but prefers the annotations of an attachment, which describe its content. */
export function attachmentName(artifactType: string | null, annotations: Manifest["annotations"]): string {
  const predicate = predicateType(annotations);
  if (predicate !== null) return wordsFor(predicate) ?? `Attestation of type ${predicate}`;
  const isSignature = annotations?.["dev.sigstore.bundle.content"] === "message-signature";
  return isSignature ? "Signature (cosign)" : typeName(artifactType);
}

/** Returns the predicate's type from a Sigstore bundle's annotations; null for all other manifests. */
export function predicateType(annotations: Manifest["annotations"]): string | null {
  return annotations?.["dev.sigstore.bundle.predicateType"] ?? null;
}

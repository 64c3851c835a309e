import type { Manifest, Referrer } from "../../cli/management/operations.ts";
import { attachmentName, predicateType } from "./kind.ts";
import { annotation, attests, type Descriptor, parseContent } from "./manifest.ts";

/** Something that was attached to a manifest. */
export interface Attachment {
  readonly digest: string;
  /** What it is, in words. */
  readonly title: string;
  /** How it is attached, in words. */
  readonly how: string;
  /** As whoever attached it wrote it. */
  readonly created: string | null;
  /** Whether a list of packages may be in it. */
  readonly mayBeSbom: boolean;
}

export function fromReferrer({ digest, artifactType, annotations }: Referrer): Attachment {
  return {
    digest,
    title: attachmentName(artifactType, annotations),
    how: "refers to it",
    created: annotations?.["org.opencontainers.image.created"] ?? null,
    mayBeSbom: MAY_BE_SBOM.test(predicateType(annotations) ?? artifactType ?? ""),
  };
}

const MAY_BE_SBOM = /spdx|cyclonedx|sbom|in-toto|sigstore\.bundle|docker\.attestation/i;

const BY_TAG: Readonly<Partial<Record<string, string>>> = {
  sig: "Signature (cosign)",
  att: "Attestation (cosign)",
  sbom: "SBOM (cosign)",
};

export function attachedByTag(attached: Manifest["attached"]): readonly Attachment[] {
  return attached.map(({ tag, digest }) => ({
    digest,
    title: nameByTag(tag) ?? tag,
    how: "by its tag",
    created: null,
    mayBeSbom: !tag.endsWith(".sig"),
  }));
}

/** What cosign keeps under a tag that it made of a digest; null where the tag does not say. */
export function nameByTag(tag: string): string | null {
  return BY_TAG[tag.slice(tag.lastIndexOf(".") + 1)] ?? null;
}

/** What a builder put beside the manifest of the digest, into an index with this text. */
export function attestationsIn(raw: string | null, subject: string): readonly Attachment[] {
  return parseContent(raw)
    .manifests.filter((entry) => attests(entry) === subject)
    .map(({ digest }) => ({
      digest,
      title: "Attestations of the builder",
      how: "in the index",
      created: null,
      mayBeSbom: true,
    }));
}

/** What a blob of an attachment says of itself: the predicate's type, where there is one. */
export function blobTitle(layer: Descriptor): string {
  return (
    annotation(layer, "in-toto.io/predicate-type") ??
    annotation(layer, "predicateType") ??
    annotation(layer, "org.opencontainers.image.title") ??
    layer.mediaType
  );
}

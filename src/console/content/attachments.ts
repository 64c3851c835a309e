import type { Manifest, Referrer } from "../../contract/operations.ts";
import { shortDigest } from "../../contract/format.ts";
import { attachmentName, predicateType, typeName } from "./kind.ts";
import { annotation, type Descriptor } from "./manifest.ts";

/** Something that was attached to a manifest. */
export interface Attachment {
  readonly digest: string;
  /** What it is, in words. */
  readonly title: string;
  /** How it is attached, in words. */
  readonly how: string;
  /** As whoever attached it wrote it. */
  readonly created: string | null;
  /** True if a list of packages may be in it. */
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

/** What a builder put into the index: of an image what is about it, of an index what is about each of its images. */
export function attachedByBuilder({ attestations }: Manifest): readonly Attachment[] {
  return attestations.map(({ digest, platform, subject, predicateTypes }) => ({
    digest,
    title: predicateTypes.map((type) => typeName(type)).join(" and ") || "Attestations of the builder",
    how: `in the index, about ${platform ?? shortDigest(subject)}`,
    created: null,
    mayBeSbom: predicateTypes.length === 0 || predicateTypes.some((type) => MAY_BE_SBOM.test(type)),
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

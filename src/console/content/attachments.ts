import type { Manifest, Referrer } from "../../contract/operations.ts";
import { shortDigest } from "../../contract/format.ts";
import { attachmentName, predicateType, typeName } from "./kind.ts";
import { annotation, type Descriptor } from "./manifest.ts";

/** Content that was attached to a manifest. */
export interface Attachment {
  readonly digest: string;
  /** The attachment's kind, in words. */
  readonly title: string;
  /** The means of attachment, in words. */
  readonly how: string;
  /** The time of creation, unchecked, as its author wrote it. */
  readonly created: string | null;
  /** True if it may contain a list of packages. */
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

/** Names the kind of content that cosign keeps under a tag made of a digest; null if the tag does not say. */
export function nameByTag(tag: string): string | null {
  return BY_TAG[tag.slice(tag.lastIndexOf(".") + 1)] ?? null;
}

/**
 * Returns attachments that a builder put into the index: about the image itself, or, for an index, about each of its
 * images.
 */
export function attachedByBuilder({ attestations }: Manifest): readonly Attachment[] {
  return attestations.map(({ digest, platform, subject, predicateTypes }) => ({
    digest,
    title: predicateTypes.map((type) => typeName(type)).join(" and ") || "Attestations of the builder",
    how: `in the index, about ${platform ?? shortDigest(subject)}`,
    created: null,
    mayBeSbom: predicateTypes.length === 0 || predicateTypes.some((type) => MAY_BE_SBOM.test(type)),
  }));
}

/** Returns a blob's own title: the type of its predicate, if it has one. */
export function blobTitle(layer: Descriptor): string {
  return (
    annotation(layer, "in-toto.io/predicate-type") ??
    annotation(layer, "predicateType") ??
    annotation(layer, "org.opencontainers.image.title") ??
    layer.mediaType
  );
}

import { z } from "zod";
import { type Annotations, pushedAnnotations } from "./annotations.ts";
import { JsonLimitError, parseBoundedJson } from "./bounded-json.ts";
import { boundedList } from "./bounded-list.ts";
import { descriptorSchema, orNoContent, platformOf } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { parseInput } from "./parse-input.ts";
import {
  essence,
  isManifestType,
  isSchema1Type,
  isNondistributable,
  MANIFEST_TYPES,
  type ManifestType,
} from "./media-types.ts";

/** 4 MiB: the least that the spec asks for ("Pushing Manifests"), and what others accept. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Far above any real manifest; keeps the cost of one push bounded. */
const MAX_REFERENCES = 10_000;

/** Characters; the first few things that are wrong are enough to mend it. */
const MAX_REASON = 1000;

/** Platforms are noted for triggers and listings; a list longer than this is none that a person made. */
const MAX_PLATFORMS = 100;

/** Something that a manifest needs in its repository. */
export interface ManifestReference {
  readonly digest: Digest;
  /** Bytes, as the descriptor claims. */
  readonly size: number;
  /** `blob` for a config or layer; `any` for an index's child, which is a manifest or, in build caches, a blob. */
  readonly kind: "blob" | "any";
}

/** What a push learns from a manifest's bytes; the bytes themselves are what is stored. */
export interface Manifest {
  readonly mediaType: ManifestType;
  /** As the referrers API reports it: config.mediaType stands in for a missing one. */
  readonly artifactType: string | null;
  readonly subject: Digest | null;
  readonly annotations: Annotations | null;
  /** Without duplicates, and without layers that may be absent. */
  readonly references: readonly ManifestReference[];
  /** An index's platforms, in order and without duplicates: the first hundred. */
  readonly platforms: readonly string[];
}

/** Without fields of the pusher's own, which may be many: the bytes that are stored have them. */
const pushedDescriptor = descriptorSchema.strip();

/** Null or absent is empty, as other registries read it: Go writes null for an empty list. */
const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(255).nullish(),
  artifactType: z.string().max(255).nullish(),
  config: orNoContent(pushedDescriptor),
  layers: boundedList(pushedDescriptor, MAX_REFERENCES).nullish(),
  manifests: boundedList(pushedDescriptor, MAX_REFERENCES).nullish(),
  subject: orNoContent(pushedDescriptor),
  annotations: pushedAnnotations.nullish(),
});

type PushedDescriptor = z.infer<typeof pushedDescriptor>;
type ManifestDocument = z.infer<typeof manifestSchema>;

/**
 * Reads a manifest as pushed (image spec, "Image Manifest" and "Image Index"; Docker schema 2).
 * The bytes must be UTF-8, so that they can be kept as text and given back exactly.
 * Throws MANIFEST_INVALID with what is wrong.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | null): Manifest {
  const document = parseDocument(bytes, contentType);
  const mediaType = requireMediaType(document, contentType);
  const isIndex = MANIFEST_TYPES[mediaType] === "index";
  requireShape(document, isIndex);
  const children = document.manifests ?? [];
  return {
    mediaType,
    artifactType: document.artifactType || (isIndex ? null : document.config?.mediaType) || null,
    subject: document.subject?.digest ?? null,
    annotations: document.annotations ?? null,
    references: isIndex ? uniqueReferences(children, "any") : uniqueReferences(blobDescriptors(document), "blob"),
    platforms: [...new Set(children.map(platformOf).filter((platform) => platform !== null))].slice(0, MAX_PLATFORMS),
  };
}

/** The bytes as text; the text encodes to the same bytes again. Throws MANIFEST_INVALID. */
export function decodeManifest(bytes: Uint8Array): string {
  try {
    // A byte order mark is kept, not swallowed: JSON.parse then refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalid("it is not UTF-8", cause);
  }
}

function parseDocument(bytes: Uint8Array, contentType: string | null): ManifestDocument {
  const text = decodeManifest(bytes);
  let json: unknown;
  try {
    json = parseBoundedJson(text);
  } catch (cause) {
    throw invalid(cause instanceof JsonLimitError ? cause.message : "it is not JSON", cause);
  }
  if (isSchema1(json, contentType)) throw invalid(SCHEMA_1);
  const parsed = parseInput(manifestSchema, json);
  if (parsed.ok) return parsed.data;
  throw invalid(
    parsed.problems
      .map(({ path, message }) => `${path || "it"}: ${message}`)
      .join("; ")
      .slice(0, MAX_REASON),
  );
}

const SCHEMA_1 =
  "it has Docker's schema 1, which registries no longer accept; build the image again, or convert it: skopeo copy --format v2s2 docker://<source> docker://<destination>";

const schema1 = z.looseObject({ schemaVersion: z.literal(1) });

function isSchema1(json: unknown, contentType: string | null): boolean {
  return isSchema1Type(essence(contentType ?? "")) || schema1.safeParse(json).success;
}

function requireMediaType(document: ManifestDocument, contentType: string | null): ManifestType {
  const declared = essence(contentType ?? "") || document.mediaType || "";
  if (!isManifestType(declared)) {
    throw invalid(
      `its media type "${declared.slice(0, 255)}" is not supported; it must be one of ${Object.keys(MANIFEST_TYPES).join(", ")}`,
    );
  }
  // CVE-2021-41190: a document must not be read as one type here and another there.
  if (document.mediaType && document.mediaType !== declared) {
    throw invalid(`its mediaType is "${document.mediaType.slice(0, 255)}" but its Content-Type "${declared}"`);
  }
  return declared;
}

function requireShape(document: ManifestDocument, isIndex: boolean): void {
  if (isIndex) {
    if (document.layers || document.config) throw invalid("an index has no layers and no config");
  } else {
    if (document.manifests) throw invalid("only an index has manifests");
    if (!document.config) throw invalid("a manifest needs a config");
  }
}

function blobDescriptors(document: ManifestDocument): readonly PushedDescriptor[] {
  const layers = (document.layers ?? []).filter((layer) => !isNondistributable(layer.mediaType));
  return document.config ? [document.config, ...layers] : layers;
}

function uniqueReferences(
  descriptors: readonly PushedDescriptor[],
  kind: ManifestReference["kind"],
): ManifestReference[] {
  const byDigest = new Map<Digest, ManifestReference>();
  for (const { digest, size } of descriptors) {
    const known = byDigest.get(digest);
    if (known && known.size !== size) throw invalid(`it gives ${digest} two sizes: ${known.size} and ${size}`);
    byDigest.set(digest, { digest, size, kind });
  }
  if (byDigest.size > MAX_REFERENCES) throw invalid(`it refers to more than ${MAX_REFERENCES} objects`);
  return [...byDigest.values()];
}

function invalid(reason: string, cause?: unknown): RegistryError {
  return new RegistryError("MANIFEST_INVALID", { message: `the manifest is not valid: ${reason}`, cause });
}

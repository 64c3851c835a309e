import * as z from "zod";
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

/** 4 MiB: the smallest limit that the spec allows ("Pushing Manifests"), and the one of other registries. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** The most references of a manifest: far above any real one. It bounds the cost of a push. */
const MAX_REFERENCES = 10_000;

/** Characters. The first few faults are enough to correct a manifest. */
const MAX_REASON = 1000;

/** The most platforms that are noted for triggers and listings. No person made a longer list. */
const MAX_PLATFORMS = 100;

/** Content that a manifest needs in its repository. */
export interface ManifestReference {
  readonly digest: Digest;
  /** Bytes, as the descriptor claims. */
  readonly size: number;
  /** `blob` for a config or layer; `any` for an index's child: a manifest or, in build caches, a blob. */
  readonly kind: "blob" | "any";
}

/** Facts that a push reads in a manifest's bytes. The bytes themselves are stored. */
export interface Manifest {
  readonly mediaType: ManifestType;
  /** The type that the referrers API reports: `config.mediaType` if the manifest has no `artifactType`. */
  readonly artifactType: string | null;
  readonly subject: Digest | null;
  readonly annotations: Annotations | null;
  /** References without duplicates, and without layers that may be absent. */
  readonly references: readonly ManifestReference[];
  /** The first hundred platforms of an index, in order and without duplicates. */
  readonly platforms: readonly string[];
}

/** A descriptor without the pusher's own fields, which may be many. The stored bytes have them. */
const pushedDescriptor = descriptorSchema.strip();

/** Reads null and an absent list as empty, like other registries: Go writes null for an empty list. */
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
 * Reads a pushed manifest (image spec, "Image Manifest" and "Image Index"; Docker schema 2). The bytes must be UTF-8,
 * so that they can be kept as text and given back exactly. Throws MANIFEST_INVALID with the faults.
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

/** Decodes the bytes as text that encodes to the same bytes again. Throws MANIFEST_INVALID. */
export function decodeManifest(bytes: Uint8Array): string {
  try {
    // A byte order mark is kept, so that JSON.parse refuses it.
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
  // CVE-2021-41190: a document must not be read as one type here and as another elsewhere.
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

import * as z from "zod";
import { type Descriptor, descriptorSchema, optionalDescriptorSchema } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { RegistryError } from "../../oci/errors.ts";
import { type Manifest, parseManifest } from "../../oci/manifest.ts";
import { isManifestType, isNondistributable, isSchema1Type, type ManifestType } from "../../oci/media-types.ts";
import { getManifest, headManifest, type RemoteManifest } from "../client/manifests.ts";
import { CliError } from "../exit.ts";
import type { Import, Side } from "./import.ts";

/** A manifest to copy, by its digest in the source's repository. */
export interface Root {
  readonly digest: Digest;
  /** The media type according to the registry, or to the manifest that refers to it. */
  readonly mediaType: string;
}

/** A manifest and its parts. */
export interface ReadManifest {
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly mediaType: ManifestType;
  readonly subject: Digest | null;
  readonly config: Descriptor | null;
  /** The manifests that an index lists. */
  readonly children: readonly Descriptor[];
  /** Config and layers, or the children of an index that are no manifests (BuildKit's caches). */
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
  /** The number of layers that may be left out, and are. */
  readonly foreignLayers: number;
  /** True if the destination has it, and so all of its content. */
  readonly isThere: boolean;
}

const parts = z.looseObject({
  config: optionalDescriptorSchema,
  layers: z.array(descriptorSchema).nullish(),
  manifests: z.array(descriptorSchema).nullish(),
});

/** Looks up a tag or digest of the source; null if there is none. Throws for Docker's schema 1. */
export async function findRoot({ connection, name }: Side, reference: string): Promise<Root | null> {
  const head = await headManifest(connection, name, reference);
  if (head === null) return null;
  refuseSchema1(head.mediaType, `${name}:${reference}`);
  if (head.digest !== null) return { digest: head.digest, mediaType: head.mediaType };
  const manifest = await getManifest(connection, name, reference);
  return manifest === null ? null : { digest: manifest.digest, mediaType: manifest.mediaType };
}

/**
 * Reads a manifest, from the destination if it has it, since reads may count at the source. Null if neither has it.
 * Throws an `invalid` CliError for a manifest that no registry should take.
 */
export async function readManifest(run: Import, { digest, mediaType }: Root): Promise<ReadManifest | null> {
  refuseSchema1(mediaType, digest);
  const there = await getManifest(run.destination.connection, run.destination.name, digest);
  const found = there ?? (await getManifest(run.source.connection, run.source.name, digest));
  if (found === null) return null;
  const manifest = parse(found, mediaType);
  const { config, layers, manifests } = parts.parse(JSON.parse(found.bytes.toString("utf8")));
  const children = manifests ?? [];
  const belonging = children.filter((child) => !isManifestType(child.mediaType));
  return {
    digest,
    bytes: found.bytes,
    mediaType: manifest.mediaType,
    subject: manifest.subject,
    config: config ?? null,
    children,
    blobs: children.length > 0 ? belonging : manifest.references.filter(({ kind }) => kind === "blob"),
    foreignLayers: (layers ?? []).filter((layer) => isNondistributable(layer.mediaType)).length,
    isThere: there !== null,
  };
}

function parse({ bytes, mediaType, digest }: RemoteManifest, declared: string): Manifest {
  try {
    // Some file servers that act as a registry do not know the type.
    return parseManifest(bytes, isManifestType(mediaType) ? mediaType : declared);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    if (/"schemaVersion"\s*:\s*1\b/.test(bytes.toString("latin1"))) throw schema1(digest);
    throw new CliError("invalid", `${digest}: ${cause.message}`, { cause });
  }
}

function refuseSchema1(mediaType: string, what: string): void {
  if (isSchema1Type(mediaType)) throw schema1(what);
}

function schema1(what: string): CliError {
  return new CliError("invalid", `${what} is a manifest of Docker's schema 1, which registries no longer take`, {
    hint: "Build the image again, or convert it: skopeo copy --format v2s2 docker://<source> docker://<destination>",
  });
}

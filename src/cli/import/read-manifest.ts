import { z } from "zod";
import { type Descriptor, descriptorSchema, optionalDescriptorSchema } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { RegistryError } from "../../oci/errors.ts";
import { type Manifest, parseManifest } from "../../oci/manifest.ts";
import { isManifestType, isNondistributable, isSchema1Type, type ManifestType } from "../../oci/media-types.ts";
import { getManifest, headManifest, type RemoteManifest } from "../client/manifests.ts";
import { CliError } from "../exit.ts";
import type { Import, Side } from "./import.ts";

/** What is to be copied: a manifest's address in its repository. */
export interface Root {
  readonly digest: Digest;
  /** As the registry, or whoever refers to it, calls it. */
  readonly mediaType: string;
}

/** A manifest, and what belongs to it. */
export interface ReadManifest {
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly mediaType: ManifestType;
  readonly subject: Digest | null;
  readonly config: Descriptor | null;
  /** What an index lists. */
  readonly children: readonly Descriptor[];
  /** Config and layers, or an index's children that are no manifests (BuildKit's caches). */
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
  /** Layers that may be left out, and are. */
  readonly foreignLayers: number;
  /** True if the destination has it, and so all that belongs to it. */
  readonly isThere: boolean;
}

const parts = z.looseObject({
  config: optionalDescriptorSchema,
  layers: z.array(descriptorSchema).nullish(),
  manifests: z.array(descriptorSchema).nullish(),
});

/** What a tag or digest of the source stands for; null where there is none. Throws for Docker's schema 1. */
export async function findRoot({ connection, name }: Side, reference: string): Promise<Root | null> {
  const head = await headManifest(connection, name, reference);
  if (head === null) return null;
  refuseSchema1(head.mediaType, `${name}:${reference}`);
  if (head.digest !== null) return { digest: head.digest, mediaType: head.mediaType };
  const manifest = await getManifest(connection, name, reference);
  return manifest === null ? null : { digest: manifest.digest, mediaType: manifest.mediaType };
}

/**
 * Reads a manifest: from the destination where it has it, since the source may count what is read of it. Null where
 * neither has. Throws an `invalid` CliError for what no registry should take.
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
    // Some file servers that play a registry do not know the type.
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

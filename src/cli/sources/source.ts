import type { Readable } from "node:stream";
import { type Digest, digestAlgorithm } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { digestOf } from "../client/digests.ts";
import type { BlobSource } from "../client/blob-source.ts";
import { CliError } from "../exit.ts";
import { gather } from "../bytes.ts";

/** Something to push: manifests and blobs, wherever they come from. */
export interface Source {
  /** As a person knows it: `image.tar`, `web:1`. */
  readonly name: string;
  /** What a tag will stand for. */
  readonly root: Descriptor;
  /** Manifests from the same place, which go along where what is pushed is their subject: signatures, attestations. */
  readonly others: readonly Descriptor[];
  /** A manifest's bytes, whose digest has been checked. Null where the source does not have it. */
  readonly manifest: (descriptor: Descriptor) => Promise<Buffer | null>;
  /** Null where the source does not have it. Its size has been checked, its digest has not. */
  readonly blob: (descriptor: Pick<Descriptor, "digest" | "size">) => Promise<BlobSource | null>;
  /** Lets go of files; always to be called. */
  readonly close: () => Promise<void>;
}

/** Files below some root, a directory or an archive, that can be read from any offset. */
export interface Files {
  readonly name: string;
  /** Bytes; null where there is no such file. */
  readonly size: (path: string) => Promise<number | null>;
  /** Exactly these bytes. Nothing is opened before somebody reads. */
  readonly open: (path: string, offset: number, length: number) => Readable;
  readonly close: () => Promise<void>;
}

/** A whole file that is small; null where there is none. Throws an `invalid` CliError where it is over `limit` bytes. */
export async function readWhole(files: Files, path: string, limit: number): Promise<Buffer | null> {
  const size = await files.size(path);
  if (size === null) return null;
  if (size > limit) throw new CliError("invalid", `${files.name}: ${path} is too large`);
  return gather(files.open(path, 0, size));
}

/** A file of JSON; null where there is none. */
export async function readJson(files: Files, path: string, limit: number): Promise<unknown> {
  const bytes = await readWhole(files, path, limit);
  return bytes === null ? null : parseJson(bytes, `${files.name}: ${path}`);
}

/** Throws an `invalid` CliError that names what was read. */
export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new CliError("invalid", `${what} is not JSON`, { cause });
  }
}

/** Throws an `invalid` CliError where bytes have another digest than they should. */
export function requireDigestOf(bytes: Uint8Array, expected: Digest, where: string): void {
  const actual = digestOf(bytes, digestAlgorithm(expected));
  if (actual !== expected)
    throw new CliError("invalid", `${where}: the content of ${expected} has the digest ${actual}`);
}

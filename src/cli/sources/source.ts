import type { Readable } from "node:stream";
import { type Digest, digestAlgorithm } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { digestOf } from "../client/digests.ts";
import type { BlobSource } from "../client/blob-source.ts";
import { CliError } from "../exit.ts";
import { gather } from "../bytes.ts";

/** A source to push: manifests and blobs from any place. */
export interface Source {
  /** Its name for people: `image.tar`, `web:1`. */
  readonly name: string;
  /** The manifest that the tags will name. */
  readonly root: Descriptor;
  /**
   * Manifests from the same place, for example signatures and attestations. They are pushed too if their subject is.
   */
  readonly others: readonly Descriptor[];
  /** Reads a manifest and checks its digest. Null if the source lacks it. */
  readonly manifest: (descriptor: Descriptor) => Promise<Buffer | null>;
  /** Opens a blob; null if the source lacks it. Its size has been checked, its digest has not. */
  readonly blob: (descriptor: Pick<Descriptor, "digest" | "size">) => Promise<BlobSource | null>;
  /** Releases all files. Must always be called. */
  readonly close: () => Promise<void>;
}

/** Files below a root, either a directory or an archive, readable from any offset. */
export interface Files {
  readonly name: string;
  /** Returns a file's size in bytes; null if there is no such file. */
  readonly size: (path: string) => Promise<number | null>;
  /** Opens exactly these bytes. The file is opened only when they are read. */
  readonly open: (path: string, offset: number, length: number) => Readable;
  readonly close: () => Promise<void>;
}

/** Reads a small file whole; null if there is none. Throws an `invalid` CliError if it is over `limit` bytes. */
export async function readWhole(files: Files, path: string, limit: number): Promise<Buffer | null> {
  const size = await files.size(path);
  if (size === null) return null;
  if (size > limit) throw new CliError("invalid", `${files.name}: ${path} is too large`);
  return gather(files.open(path, 0, size));
}

/** Reads a JSON file; null if there is none. */
export async function readJson(files: Files, path: string, limit: number): Promise<unknown> {
  const bytes = await readWhole(files, path, limit);
  return bytes === null ? null : parseJson(bytes, `${files.name}: ${path}`);
}

/** Parses JSON. Throws an `invalid` CliError that names the input. */
export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new CliError("invalid", `${what} is not JSON`, { cause });
  }
}

/** Throws an `invalid` CliError if the bytes have another digest. */
export function requireDigestOf(bytes: Uint8Array, expected: Digest, where: string): void {
  const actual = digestOf(bytes, digestAlgorithm(expected));
  if (actual !== expected)
    throw new CliError("invalid", `${where}: the content of ${expected} has the digest ${actual}`);
}

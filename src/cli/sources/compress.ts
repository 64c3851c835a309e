import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import * as z from "zod";
import { type Descriptor, descriptorSchema, optionalDescriptorSchema } from "../../oci/descriptor.ts";
import { type Digest, makeDigest } from "../../oci/digest.ts";
import { digestOf, verified } from "../client/digests.ts";
import type { BlobSource } from "../client/blob-source.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import type { Progress } from "../output/progress.ts";
import { shortDigest } from "../../contract/format.ts";
import { plural } from "../output/words.ts";
import { formatBytes } from "../../oci/size.ts";
import { inParallel } from "../push/pool.ts";
import { isIndex } from "./platform.ts";
import { parseJson, type Source } from "./source.ts";
import { readSpan } from "./span.ts";
import { type Spool, spool } from "./spool.ts";
import { asBytes } from "../bytes.ts";

/** The types of layers before and after compression. */
const COMPRESSED: Readonly<Record<string, string>> = {
  "application/vnd.oci.image.layer.v1.tar": "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

const layered = z.looseObject({
  config: optionalDescriptorSchema,
  layers: z
    .array(descriptorSchema)
    .nullish()
    .transform((layers) => layers ?? []),
});

function isCompressible({ mediaType }: Descriptor): boolean {
  return Object.hasOwn(COMPRESSED, mediaType);
}

/** Bytes from which a remark is worthwhile. */
const REMARKABLE = 10_000_000;

/** Tells the user that --compress would make layers smaller, as it would for those from docker's own store. */
export async function remarkUncompressed({ output }: Context, source: Source): Promise<void> {
  if (isIndex(source.root) || !output.isTerminal) return;
  const layers = (await layersOf(source))?.layers.filter(isCompressible) ?? [];
  const size = totalOf(layers);
  if (size >= REMARKABLE) {
    output.note(`Layers of ${formatBytes(size)} are not compressed; to make them smaller, add --compress`);
  }
}

async function layersOf(source: Source): Promise<z.infer<typeof layered> | null> {
  const bytes = await source.manifest(source.root);
  return layered.safeParse(bytes === null ? null : parseJson(bytes, source.name)).data ?? null;
}

/** Compressed layers that a registry already has. */
export interface KnownLayers {
  /** Finds the whole image of this configuration, with all its layers; null if there is none. */
  readonly image: (config: Digest) => Promise<KnownImage | null>;
  /** Finds the compressed form of a layer; null if there is none. */
  readonly layer: (uncompressed: Digest) => Promise<Descriptor | null>;
  /** Remembers the compressed form of a layer. */
  readonly noteLayer: (uncompressed: Digest, compressed: Descriptor) => Promise<void>;
}

export interface KnownImage {
  readonly descriptor: Descriptor;
  readonly manifest: Buffer;
}

interface CompressOptions {
  readonly known: KnownLayers;
  /** True if the user did not ask for compression; then a remark says that the digest changes. */
  readonly isDefault: boolean;
}

interface Compressed {
  readonly descriptor: Descriptor;
  /** The compressed bytes; null: the registry has them. */
  readonly spool: Spool | null;
}

/** Layers that are compressed at a time, as in docker: each takes one core. */
const AT_ONCE = 4;

/**
 * Compresses the uncompressed layers of a source with gzip, which gives it another manifest and digest. An image that
 * the registry has from a push by docker keeps the manifest that docker made. A layer's digest and size must be known
 * before it is pushed, so each layer that the registry lacks stays in a temporary file until the source is closed.
 */
export async function compressLayers(
  context: Context,
  source: Source,
  { known, isDefault }: CompressOptions,
): Promise<Source> {
  if (isIndex(source.root)) {
    throw new CliError("usage", `${source.name} has several platforms, and their layers cannot be compressed`, {
      hint: "Push it without --compress, or name one with --platform.",
    });
  }
  const document = await layersOf(source);
  if (document === null) throw new CliError("invalid", `${source.name} has no manifest with layers`);
  const plain = [...new Map(document.layers.filter(isCompressible).map((layer) => [layer.digest, layer])).values()];
  if (plain.length === 0) return source;
  const same = document.config ? await known.image(document.config.digest) : null;
  if (same !== null) return withManifest(source, same, new Map());
  const made = await compressAll(context, source, plain, known);
  await warnOfReferrers(context, source);
  if (isDefault) remarkCompressed(context, plain, made);
  const layers = document.layers.map((layer) => made.get(layer.digest)?.descriptor ?? layer);
  const manifest = Buffer.from(JSON.stringify({ ...document, layers }));
  const descriptor = { mediaType: source.root.mediaType, digest: digestOf(manifest), size: manifest.length };
  return withManifest(source, { descriptor, manifest }, made);
}

const about = z.looseObject({ subject: descriptorSchema.nullish() });

/** Warns that signatures and other referrers are left out, since they are about the uncompressed image. */
async function warnOfReferrers({ output }: Context, source: Source): Promise<void> {
  let count = 0;
  for (const other of source.others) {
    const bytes = await source.manifest(other);
    const { subject } = about.safeParse(bytes === null ? null : parseJson(bytes, source.name)).data ?? {};
    if (subject?.digest === source.root.digest) count += 1;
  }
  if (count === 0) return;
  output.warn(
    `${plural(count, "referrer")} ${count === 1 ? "is" : "are"} not pushed, because compression changes the image's digest; to push them, add --no-compress`,
  );
}

/**
 * Compresses all of these layers, and returns them by their uncompressed digests. After a failure, no temporary file is
 * left.
 */
async function compressAll(
  context: Context,
  source: Source,
  layers: readonly Descriptor[],
  known: KnownLayers,
): Promise<ReadonlyMap<Digest, Compressed>> {
  const made = new Map<Digest, Compressed>();
  const stop = new AbortController();
  const stopped = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const progress = context.output.progress();
  try {
    await inParallel(
      layers,
      AT_ONCE,
      async (layer) => {
        const there = await known.layer(layer.digest);
        const compressed = there === null ? await compress(stopped, source, layer, progress) : null;
        const descriptor = compressed?.descriptor ?? compressedFrom(layer, there ?? layer);
        made.set(layer.digest, { descriptor, spool: compressed?.spool ?? null });
        await known.noteLayer(layer.digest, descriptor);
      },
      (failure) => stop.abort(failure),
    );
  } catch (failure) {
    await closeAll(made);
    throw failure;
  } finally {
    progress.close();
  }
  return made;
}

function totalOf(layers: readonly Descriptor[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

function compressedFrom(layer: Descriptor, { digest, size }: Pick<Descriptor, "digest" | "size">): Descriptor {
  return { ...layer, mediaType: COMPRESSED[layer.mediaType] ?? layer.mediaType, digest, size };
}

async function closeAll(made: ReadonlyMap<Digest, Compressed>): Promise<void> {
  await Promise.all([...made.values()].map(async (one) => one.spool?.close()));
}

/** Says that the digest differs from docker's, so that nobody looks for that one. */
function remarkCompressed(
  { output }: Context,
  plain: readonly Descriptor[],
  made: ReadonlyMap<Digest, Compressed>,
): void {
  const after = totalOf([...made.values()].map(({ descriptor }) => descriptor));
  output.note(
    `Layers of ${formatBytes(totalOf(plain))} were compressed to ${formatBytes(after)}. ` +
      "Their digests differ from those of docker push, which compresses differently; to push them as they are, add --no-compress",
  );
}

function withManifest(
  source: Source,
  { descriptor: root, manifest }: KnownImage,
  made: ReadonlyMap<Digest, Compressed>,
): Source {
  const byDigest = new Map([...made.values()].map((one) => [one.descriptor.digest, one]));
  return {
    ...source,
    root,
    // Referrers are about the manifest before compression.
    others: [],
    manifest: (descriptor) =>
      descriptor.digest === root.digest ? Promise.resolve(manifest) : source.manifest(descriptor),
    blob: (descriptor) => {
      const spooled = byDigest.get(descriptor.digest)?.spool ?? null;
      return spooled === null ? source.blob(descriptor) : Promise.resolve(blobOf(source, descriptor, spooled));
    },
    close: async () => {
      await closeAll(made);
      await source.close();
    },
  };
}

function blobOf(
  { name }: Source,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  { handle }: Spool,
): BlobSource {
  return {
    digest,
    size,
    open: (offset, length) => Readable.from(readSpan({ handle, offset, length, name }), { objectMode: false }),
  };
}

async function compress(
  { env, signal }: Context,
  source: Source,
  layer: Descriptor,
  progress: Progress,
): Promise<{ readonly descriptor: Descriptor; readonly spool: Spool }> {
  const blob = await source.blob(layer);
  if (blob === null) throw new CliError("invalid", `${source.name} lacks the content of ${layer.digest}`);
  const bar = progress.bar(shortDigest(layer.digest), layer.size);
  const hash = createHash("sha256");
  const taps: Taps = { signal, hash: (piece) => hash.update(piece), onProgress: (done) => bar.update(done) };
  const written = await spool(gzip(blob, taps), { env });
  bar.end("compressed");
  const digest = makeDigest("sha256", hash.digest("hex"));
  return { descriptor: compressedFrom(layer, { digest, size: written.size }), spool: written };
}

interface Taps {
  readonly signal: AbortSignal;
  readonly hash: (piece: Uint8Array) => void;
  /** Called with the number of uncompressed bytes done. */
  readonly onProgress: (bytes: number) => void;
}

/**
 * The byte of gzip's header that names the operating system (RFC 1952, 2.3). It is set to "unknown", so that a layer
 * has the same digest on every system.
 */
const OPERATING_SYSTEM = 9;
const UNKNOWN_SYSTEM = 255;

async function* gzip(blob: BlobSource, { signal, hash, onProgress }: Taps): AsyncGenerator<Uint8Array> {
  const zip = createGzip();
  // Errors come out of the stream that is read below.
  pipeline(Readable.from(verified(blob.open(0, blob.size), blob.digest), { objectMode: false }), zip, () => undefined);
  let isFirst = true;
  for await (const piece of zip) {
    signal.throwIfAborted();
    const bytes = asBytes(piece);
    if (isFirst) bytes[OPERATING_SYSTEM] = UNKNOWN_SYSTEM;
    isFirst = false;
    hash(bytes);
    onProgress(zip.bytesWritten);
    yield bytes;
  }
}

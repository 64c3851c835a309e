import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { z } from "zod";
import { type Descriptor, descriptorSchema } from "../../oci/descriptor.ts";
import { type Digest, makeDigest } from "../../oci/digest.ts";
import { digestOf, verified } from "../client/digests.ts";
import type { BlobSource } from "../client/blob-source.ts";
import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import type { Progress } from "../output/progress.ts";
import { shortDigest } from "../output/format.ts";
import { formatBytes } from "../../oci/size.ts";
import { isIndex } from "./platform.ts";
import { parseJson, type Source } from "./source.ts";
import { readSpan } from "./span.ts";
import { type Spool, spool } from "./spool.ts";
import { asBytes } from "../bytes.ts";

/** What a layer's type becomes when it is compressed. */
const COMPRESSED: Readonly<Record<string, string>> = {
  "application/vnd.oci.image.layer.v1.tar": "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

const layered = z.looseObject({
  layers: z
    .array(descriptorSchema)
    .nullish()
    .transform((layers) => layers ?? []),
});

function isCompressible({ mediaType }: Descriptor): boolean {
  return Object.hasOwn(COMPRESSED, mediaType);
}

/** Bytes that are worth a remark. */
const REMARKABLE = 10_000_000;

/** Tells a person that layers would be smaller with --compress, as those of docker's own store would. */
export async function remarkUncompressed({ output }: Context, source: Source): Promise<void> {
  if (isIndex(source.root) || !output.isTerminal) return;
  const layers = (await layersOf(source))?.layers.filter(isCompressible) ?? [];
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  if (size >= REMARKABLE) {
    output.note(`Layers of ${formatBytes(size)} are not compressed: --compress makes them smaller`);
  }
}

async function layersOf(source: Source): Promise<z.infer<typeof layered> | null> {
  const bytes = await source.manifest(source.root);
  return layered.safeParse(bytes === null ? null : parseJson(bytes, source.name)).data ?? null;
}

interface Compressed {
  readonly descriptor: Descriptor;
  readonly spool: Spool;
}

/**
 * The source with its uncompressed layers gzip'd, and so another manifest and digest. Digest and size must be known
 * before a layer is pushed, so each lies in a temporary file until the source is closed.
 */
export async function compressLayers(context: Context, source: Source): Promise<Source> {
  if (isIndex(source.root)) {
    throw new CliError("usage", `${source.name} has several platforms: their layers are pushed as they are`, {
      hint: "Without --compress it can be pushed; with --platform, one of them can be compressed.",
    });
  }
  const document = await layersOf(source);
  if (document === null) throw new CliError("invalid", `${source.name} has no manifest with layers`);
  const made = new Map<Digest, Compressed>();
  const close = async (): Promise<void> => {
    await Promise.all([...made.values()].map((one) => one.spool.close()));
    await source.close();
  };
  const progress = context.output.progress();
  try {
    for (const layer of document.layers.filter(isCompressible)) {
      if (!made.has(layer.digest)) made.set(layer.digest, await compress(context, source, layer, progress));
    }
  } catch (failure) {
    await Promise.all([...made.values()].map((one) => one.spool.close()));
    throw failure;
  } finally {
    progress.close();
  }
  const layers = document.layers.map((layer) => made.get(layer.digest)?.descriptor ?? layer);
  return withManifest(source, Buffer.from(JSON.stringify({ ...document, layers })), made, close);
}

function withManifest(
  source: Source,
  manifest: Buffer,
  made: ReadonlyMap<Digest, Compressed>,
  close: Source["close"],
): Source {
  const byDigest = new Map([...made.values()].map((one) => [one.descriptor.digest, one]));
  const root: Descriptor = { mediaType: source.root.mediaType, digest: digestOf(manifest), size: manifest.length };
  return {
    ...source,
    root,
    // They are about the manifest as it was.
    others: [],
    manifest: (descriptor) =>
      descriptor.digest === root.digest ? Promise.resolve(manifest) : source.manifest(descriptor),
    blob: (descriptor) => {
      const own = byDigest.get(descriptor.digest);
      return own === undefined ? source.blob(descriptor) : Promise.resolve(blobOf(source, own));
    },
    close,
  };
}

function blobOf({ name }: Source, { descriptor: { digest, size }, spool: { handle } }: Compressed): BlobSource {
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
): Promise<Compressed> {
  const blob = await source.blob(layer);
  if (blob === null) throw new CliError("invalid", `${source.name} lacks the content of ${layer.digest}`);
  const bar = progress.bar(shortDigest(layer.digest), layer.size);
  const hash = createHash("sha256");
  const written = await spool(
    gzip(blob, { signal, hash: (piece) => hash.update(piece), onProgress: (done) => bar.update(done) }),
    {
      env,
    },
  );
  bar.end("compressed");
  const digest = makeDigest("sha256", hash.digest("hex"));
  const mediaType = COMPRESSED[layer.mediaType] ?? layer.mediaType;
  return { descriptor: { ...layer, mediaType, digest, size: written.size }, spool: written };
}

interface Taps {
  readonly signal: AbortSignal;
  readonly hash: (piece: Uint8Array) => void;
  /** How many uncompressed bytes are done. */
  readonly onProgress: (bytes: number) => void;
}

async function* gzip(blob: BlobSource, { signal, hash, onProgress }: Taps): AsyncGenerator<Uint8Array> {
  const zip = createGzip();
  // What goes wrong comes out of the reading end.
  pipeline(Readable.from(verified(blob.open(0, blob.size), blob.digest), { objectMode: false }), zip, () => undefined);
  for await (const piece of zip) {
    signal.throwIfAborted();
    const bytes = asBytes(piece);
    hash(bytes);
    onProgress(zip.bytesWritten);
    yield bytes;
  }
}

import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { putManifest } from "../client/manifests.ts";
import { wrongDescriptor } from "../client/wrong-descriptor.ts";
import { CliError } from "../exit.ts";
import type { Progress } from "../output/progress.ts";
import { copyBlob } from "./copy-blob.ts";
import type { Import } from "./import.ts";
import { once, type Queue, settleAll } from "./queue.ts";
import { type ReadManifest, readManifest, type Root } from "./read-manifest.ts";

/** The deepest nesting of indexes, more than anybody makes. */
const MAX_DEPTH = 8;

/** Bytes of manifests that wait for their content; a source that serves more is malicious. */
const MAX_HELD = 128 * 1024 * 1024;

/** The state that the parts of one image share while they are copied. */
export interface Copying {
  readonly run: Import;
  readonly queue: Queue;
  readonly progress: Progress;
  /** Bytes of the manifests in memory. */
  held: number;
  /** The manifests that may get a tag: the image's own, and those of its referrers. */
  readonly roots: Map<Digest, ReadManifest>;
}

/**
 * Copies a manifest and everything that it consists of, children before parents, under their digests only. Returns the
 * digests of its manifests, the root first; null if the source has no such manifest.
 *
 * A manifest is read by its digest and checked against it, so none can contain itself.
 */
export function copyTree(copying: Copying, root: Root, depth = 0): Promise<readonly Digest[] | null> {
  return once(copying.run.trees, root.digest, () => copyOnce(copying, root, depth));
}

async function copyOnce(copying: Copying, root: Root, depth: number): Promise<readonly Digest[] | null> {
  if (depth > MAX_DEPTH) throw new CliError("invalid", `${root.digest}: indexes are nested too deeply`);
  const manifest = await copying.queue(() => readManifest(copying.run, root));
  if (manifest === null) return null;
  hold(copying, manifest);
  copying.run.sizes.set(manifest.digest, manifest.bytes.length);
  try {
    const children = manifest.children.filter(({ mediaType }) => isManifestType(mediaType));
    const trees = children.map((child) => copyChild(copying, manifest, child, depth + 1));
    const blobs = manifest.isThere ? [] : manifest.blobs.map((blob) => copyOneBlob(copying, blob));
    await settleAll<unknown>([...trees, ...blobs]);
    const below = await Promise.all(trees);
    await copying.queue(() => store(copying.run, manifest));
    if (depth === 0) copying.roots.set(manifest.digest, manifest);
    return [manifest.digest, ...below.flat()];
  } finally {
    copying.held -= manifest.bytes.length;
  }
}

function hold(copying: Copying, { digest, bytes }: ReadManifest): void {
  copying.held += bytes.length;
  if (copying.held > MAX_HELD) throw new CliError("invalid", `${digest}: the image has too many manifests`);
}

async function copyChild(
  copying: Copying,
  parent: ReadManifest,
  child: Descriptor,
  depth: number,
): Promise<readonly Digest[]> {
  const tree = await copyTree(copying, child, depth);
  const actual = copying.run.sizes.get(child.digest);
  if (actual !== undefined && actual !== child.size) {
    throw wrongDescriptor(copying.run.source.name, { ...child, actual });
  }
  if (tree !== null) return tree;
  const { source } = copying.run;
  throw new CliError(
    "not-found",
    `${source.connection.registry.host} has no manifest ${child.digest}, which the index ${parent.digest} lists`,
    { hint: "The source is incomplete. Import the platforms that it has one by one: --platform <os/architecture>" },
  );
}

function copyOneBlob({ run, queue, progress }: Copying, blob: ReadManifest["blobs"][number]): Promise<void> {
  return once(run.blobs, blob.digest, () => queue(() => copyBlob(run, blob, progress)));
}

async function store({ destination, options, tally }: Import, manifest: ReadManifest): Promise<void> {
  if (manifest.isThere) {
    tally.skipped.manifests += 1;
    return;
  }
  tally.skipped.foreignLayers += manifest.foreignLayers;
  if (!options.dryRun) await putManifest(destination.connection, destination.name, manifest.digest, manifest);
  tally.copied.manifests += 1;
  tally.copied.bytes += manifest.bytes.length;
}

import type { Digest } from "../../oci/digest.ts";
import { requireTag, type Tag } from "../../oci/reference.ts";
import type { Connection } from "../client/connection.ts";
import { formatRemoteReference, type RemoteReference } from "../client/reference.ts";
import { CliError } from "../exit.ts";
import { shortDigest } from "../../contract/format.ts";
import { formatBytes } from "../../oci/size.ts";
import type { Output } from "../output/output.ts";
import type { Source } from "../sources/source.ts";
import { bringBlob, type Outcome } from "./blob.ts";
import { putManifests, requireAbsent } from "./manifests.ts";
import { openMemory } from "./memory.ts";
import { type Plan, planPush } from "./plan.ts";
import { inParallel } from "./pool.ts";
import type { Environment } from "../context.ts";

export interface PushOptions {
  readonly env: Environment;
  readonly output: Output;
  /** The number of blobs sent at a time. */
  readonly jobs: number;
  /** Bytes. */
  readonly chunkSize: number;
  /** Further tags, beside the destination's own. */
  readonly tags: readonly Tag[];
  readonly mountFrom: readonly string[];
  /** Ends the work under way after one part has failed. */
  readonly stop: (failure: unknown) => void;
}

/** The result, as --json prints it. */
export interface Pushed {
  readonly reference: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes of all blobs and manifests, including those that were not sent. */
  readonly size: number;
  readonly blobs: readonly { readonly digest: Digest; readonly size: number; readonly outcome: Outcome }[];
}

/** Pushes a source: blobs first, manifests after them, tags last. */
export async function push(
  connection: Connection,
  source: Source,
  destination: RemoteReference,
  options: PushOptions,
): Promise<Pushed> {
  const plan = await planPush(source);
  const { root } = plan;
  if (destination.digest !== null && destination.digest !== root.digest) {
    throw new CliError("invalid", `${source.name} has the digest ${root.digest}, not ${destination.digest}`);
  }
  await requireAbsent({ connection, name: destination.name }, plan, source.name);
  const blobs = await bringBlobs(connection, source, destination, { plan, options });
  const tags = tagsOf(destination, options.tags);
  await putManifests({ connection, name: destination.name, tags }, plan);
  return {
    reference: formatRemoteReference({ ...destination, tag: tags[0] ?? null, digest: null }),
    digest: root.digest,
    mediaType: root.mediaType,
    size: totalOf(plan),
    blobs,
  };
}

const LATEST = requireTag("latest");

/** Returns the tags to set: `latest` if there is neither a tag nor a digest. */
function tagsOf({ tag, digest }: RemoteReference, more: readonly Tag[]): readonly Tag[] {
  const given = [...(tag === null ? [] : [tag]), ...more];
  return given.length === 0 && digest === null ? [LATEST] : [...new Set(given)];
}

async function bringBlobs(
  connection: Connection,
  source: Source,
  repository: RemoteReference,
  { plan, options }: { readonly plan: Plan; readonly options: PushOptions },
): Promise<Pushed["blobs"]> {
  const { env, output, jobs, chunkSize, mountFrom, stop } = options;
  const target = { connection, repository, memory: await openMemory(env), mountFrom, chunkSize };
  const progress = output.progress();
  try {
    const barred = plan.blobs.map((blob) => ({ blob, bar: progress.bar(shortDigest(blob.digest), blob.size) }));
    return await inParallel(
      barred,
      jobs,
      async ({ blob, bar }) => {
        const outcome = await bringBlob(target, source, blob, (bytes) => bar.update(bytes));
        bar.end(OUTCOMES[outcome]);
        return { digest: blob.digest, size: blob.size, outcome };
      },
      stop,
    );
  } finally {
    progress.close();
  }
}

/** The outcomes in words for people. */
const OUTCOMES = { pushed: "pushed", exists: "already there", mounted: "mounted" } as const satisfies Record<
  Outcome,
  string
>;

function totalOf({ blobs, manifests, root }: Plan): number {
  const sizes = [...blobs.map(({ size }) => size), ...[...manifests, root].map(({ bytes }) => bytes.length)];
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Formats the result as one line: `localhost:8787/acme/web:1@sha256:… (12 MB): 1 blob pushed, 2 already there`. */
export function summary({ reference, digest, size, blobs }: Pushed): string {
  const counts = Object.entries(OUTCOMES).flatMap(([outcome, text]) => {
    const count = blobs.filter((blob) => blob.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  const what = counts.length === 0 ? "no blobs" : `blobs: ${counts.join(", ")}`;
  return `${reference}@${digest} (${formatBytes(size)}; ${what})`;
}

import { randomUUID } from "node:crypto";
import { type Access, ask, finishAddress, locationOf, UnexpectedAnswer } from "../../harness/live/ask.ts";
import { type Blob, type Image, makeImage, putManifest } from "../../harness/live/image.ts";
import { pick } from "../support/random.ts";
import type { Repository, World } from "./world.ts";

const LAYERS = 3;
/** The most times that a push is begun; a slow machine needs more. */
const ATTEMPTS = 6;
const REVIVED = 0.3;
const CHUNKED = 0.3;

/** The error codes for a client whose blobs, or whose upload's bytes, were collected. */
const TAKEN = new Set<string | null>(["MANIFEST_BLOB_UNKNOWN", "BLOB_UPLOAD_UNKNOWN"]);

/** Pushes an image: a new one of known blobs, or a deleted one. */
export async function pushOne(world: World): Promise<void> {
  const { random, repositories, blobs, live, gone, figures } = world;
  const tag = `v-${randomUUID()}`;
  const revived = random() < REVIVED && gone.size > 0 ? pick(random, [...gone]) : null;
  if (revived !== null) gone.delete(revived);
  const repository = revived?.repository ?? pick(random, repositories);
  const layers = new Set(Array.from({ length: LAYERS }, () => pick(random, blobs)));
  const image = revived?.image ?? makeImage(tag, [...layers]);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (await push(world, repository, tag, image)) {
      live.add({ repository, tag, image });
      figures[revived === null ? "imagesPushed" : "imagesRevived"] += 1;
      return;
    }
    figures.pushesRepeated += 1;
  }
  figures.pushesGivenUp += 1;
}

/** Pushes once. Returns false if it took longer than the grace and must be begun anew. */
async function push(world: World, repository: Repository, tag: string, image: Image): Promise<boolean> {
  const begun = Date.now();
  const brought = await Promise.all(
    image.blobs.map((blob) => unlessTaken(world, Date.now(), () => bringBlob(world, repository, blob))),
  );
  const put = (): Promise<void> => putManifest(repository.access, repository.name, tag, image);
  return brought.every(Boolean) && unlessTaken(world, begun, put);
}

/** Returns false if content that was brought since `begun` was collected after its grace. Throws if the grace was not over. */
async function unlessTaken({ grace, figures }: World, begun: number, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (fault) {
    const isTaken = fault instanceof UnexpectedAnswer && TAKEN.has(fault.code);
    // A run of upkeep counts from its beginning, so content that came during it has a grace that is shorter by as much.
    if (!isTaken || Date.now() - begun < grace - figures.longestUpkeepMs) throw fault;
    return false;
  }
}

/** Brings a blob as clients do: asks for it, then for a mount of it, then sends it. */
async function bringBlob({ random, figures }: World, { access, name, sibling }: Repository, blob: Blob): Promise<void> {
  const { status } = await ask(access, "HEAD", `/v2/${name}/blobs/${blob.digest}`, { expect: [200, 404] });
  if (status === 200) {
    figures.blobsFound += 1;
    return;
  }
  const mount = `/v2/${name}/blobs/uploads/?mount=${blob.digest}&from=${sibling}`;
  const answer = await ask(access, "POST", mount, { expect: [201, 202] });
  if (answer.status === 201) {
    figures.blobsMounted += 1;
    return;
  }
  const chunked = random() < CHUNKED;
  await (chunked ? sendInChunks(access, locationOf(answer), blob) : sendWhole(access, locationOf(answer), blob));
  figures[chunked ? "blobsSentInChunks" : "blobsSent"] += 1;
}

async function sendWhole(access: Access, session: string, { digest, bytes }: Blob): Promise<void> {
  await ask(access, "PUT", finishAddress(session, digest), { expect: [201], body: bytes });
}

async function sendInChunks(access: Access, session: string, { digest, bytes }: Blob): Promise<void> {
  const middle = Math.floor(bytes.length / 2);
  const first = await ask(access, "PATCH", session, { expect: [202], body: bytes.subarray(0, middle) });
  const second = await ask(access, "PATCH", locationOf(first), { expect: [202], body: bytes.subarray(middle) });
  await ask(access, "PUT", finishAddress(locationOf(second), digest), { expect: [201] });
}

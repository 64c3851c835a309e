import { getManifest, headManifest } from "../../src/cli/client/manifests.ts";
import { digestOf } from "../../src/cli/client/digests.ts";
import { inBatches } from "../../src/cli/in-batches.ts";
import { progress } from "../units.ts";
import { type Image, makeImage, pushImage, pushManifest, variant } from "./images.ts";
import { PAGE, readCatalogPage, readTagPage } from "./lists.ts";
import type { Operation, Workload } from "./measure.ts";
import { oncePerPeer } from "./once.ts";
import type { Plan } from "./options.ts";
import type { Peer } from "./peer.ts";

/** A repository with many tags, each of a manifest of its own. */
interface Tagged {
  readonly name: string;
  readonly images: readonly Image[];
}

const AT_ONCE = 8;
const LAYER_BYTES = 1000;

/** Manifests, tags and the catalog, in a repository and a registry that have many. */
export function reads({ runs, reads: count, tags, repositories }: Plan): readonly Workload[] {
  const tagged = oncePerPeer((peer) => fillTags(peer, tags));
  const listed = oncePerPeer((peer) => fillRepositories(peer, repositories));
  const [manyTags, manyRepositories] = [tags, repositories].map((number) => number.toLocaleString("en"));
  const among = `${manyTags} tags and ${manyRepositories} repositories`;

  /** `count` reads of a run, one after another, spread over all that is there. */
  const read = (name: string, ask: (peer: Peer, there: Tagged, at: number) => Promise<void>): Workload => ({
    name,
    runs: runs.small,
    concurrency: 1,
    prepare: async (peer) => {
      const there = await tagged(peer);
      await listed(peer);
      return () =>
        Array.from(
          { length: count },
          (_, at): Operation =>
            () =>
              ask(peer, there, at),
        );
    },
  });

  return [
    read(`HEAD manifest by tag, of ${among}`, (peer, there, at) => head(peer, there.name, imageAt(there, at).tag)),
    read(`GET manifest by tag, of ${among}`, (peer, there, at) => get(peer, there.name, imageAt(there, at).tag)),
    read(`GET manifest by digest, of ${among}`, (peer, there, at) =>
      get(peer, there.name, digestOf(imageAt(there, at).manifest)),
    ),
    read(`tags, the first ${PAGE} of ${manyTags}`, (peer, there) => readTagPage(peer, there.name, null)),
    read(`tags, ${PAGE} from the middle of ${manyTags}`, (peer, there) =>
      readTagPage(peer, there.name, numbered("t", tags / 2 - 1)),
    ),
    read(`catalog, the first ${PAGE} of ${manyRepositories}`, (peer) => readCatalogPage(peer, null)),
    read(`catalog, ${PAGE} from the middle of ${manyRepositories}`, (peer) =>
      readCatalogPage(peer, listedName(peer, repositories / 2 - 1)),
    ),
  ];
}

async function head({ connection }: Peer, name: string, reference: string): Promise<void> {
  if ((await headManifest(connection, name, reference)) === null) throw new Error(`there is no ${name}:${reference}`);
}

async function get({ connection }: Peer, name: string, reference: string): Promise<void> {
  if ((await getManifest(connection, name, reference)) === null) throw new Error(`there is no ${name}:${reference}`);
}

/** Neighbours in time are far apart. */
function imageAt({ images }: Tagged, at: number): Image {
  const image = images[(at * 7919) % images.length];
  if (image === undefined) throw new Error("there are no tags");
  return image;
}

async function fillTags(peer: Peer, count: number): Promise<Tagged> {
  progress(`${peer.name}: pushing ${count} tags`);
  const name = `${peer.root}/tags`;
  const base = { ...makeImage([LAYER_BYTES]), tag: "first" };
  await pushImage(peer, name, base, "put");
  const images = Array.from({ length: count }, (_, at) => variant(base, numbered("t", at)));
  await inBatches(images, AT_ONCE, (image) => pushManifest(peer, name, image));
  return { name, images };
}

async function fillRepositories(peer: Peer, count: number): Promise<readonly string[]> {
  progress(`${peer.name}: pushing to ${count} repositories`);
  const names = Array.from({ length: count }, (_, at) => listedName(peer, at));
  await inBatches(names, AT_ONCE, (name) => pushImage(peer, name, makeImage([]), "put"));
  return names;
}

function listedName({ root }: Peer, at: number): string {
  return `${root}/${numbered("r", at)}`;
}

/** Names that sort as their numbers do. */
function numbered(letter: string, at: number): string {
  return `${letter}-${String(Math.max(0, Math.floor(at))).padStart(7, "0")}`;
}

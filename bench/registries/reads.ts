import { getManifest, headManifest } from "../../src/cli/client/manifests.ts";
import { drain } from "../../src/cli/client/transport.ts";
import { digestOf } from "../../src/cli/client/digests.ts";
import { inBatches } from "../../src/cli/in-batches.ts";
import { progress } from "../units.ts";
import { type Image, makeImage, originalOf, pushImage, pushManifest, variant } from "./images.ts";
import { PAGE, readCatalogPage, readTagPage } from "./lists.ts";
import type { Operation, Workload } from "./measure.ts";
import { oncePerPeer } from "./once.ts";
import type { Plan } from "./options.ts";
import type { Peer } from "./peer.ts";

/** A repository with many tags, each on a manifest of its own. */
interface Tagged {
  readonly name: string;
  /** The image that all the manifests are variants of. */
  readonly base: Image;
  readonly count: number;
}

const AT_ONCE = 8;
const LAYER_BYTES = 1000;

/**
 * Returns the reads: of manifests, tags and the catalog, in a repository and a registry that have many.
 * @param isThere true if an earlier run has left the content
 */
export function reads(plan: Plan, isThere: boolean): readonly Workload[] {
  const { runs, reads: count, tags, repositories } = plan;
  const tagged = oncePerPeer((peer) => (isThere ? findTags(peer, tags) : fillTags(peer, tags)));
  const listed = oncePerPeer(async (peer) => (isThere ? repositories : fillRepositories(peer, repositories)));
  const [manyTags, manyRepositories] = [tags, repositories].map((number) => number.toLocaleString("en"));
  const among = `${manyTags} tags and ${manyRepositories} repositories`;

  /** Makes a workload of `count` reads a run, one after another. */
  const read = (name: string, makeRead: (peer: Peer, there: Tagged, at: number) => Operation): Workload => ({
    name,
    runs: runs.small,
    concurrency: 1,
    prepare: async (peer) => {
      const there = await tagged(peer);
      await listed(peer);
      return () => Array.from({ length: count }, (_, at) => makeRead(peer, there, at));
    },
  });

  return [
    // The cheapest request of all: the difference to it is the registry's own work.
    read("GET /v2/, logged in", (peer) => () => askVersion(peer)),
    read(`HEAD manifest by tag, of ${among}`, ({ connection }, there, at) => {
      const { tag } = imageAt(there, at);
      return () => requireFound(headManifest(connection, there.name, tag), tag);
    }),
    read(`GET manifest by tag, of ${among}`, ({ connection }, there, at) => {
      const { tag } = imageAt(there, at);
      return () => requireFound(getManifest(connection, there.name, tag), tag);
    }),
    read(`GET manifest by digest, of ${among}`, ({ connection }, there, at) => {
      const digest = digestOf(imageAt(there, at).manifest);
      return () => requireFound(getManifest(connection, there.name, digest), digest);
    }),
    read(
      `tags, the first ${PAGE} of ${manyTags}`,
      (peer, { name }) =>
        () =>
          readTagPage(peer, name, null),
    ),
    read(`tags, ${PAGE} from the middle of ${manyTags}`, (peer, { name }) => {
      const before = numbered("t", tags / 2 - 1);
      return () => readTagPage(peer, name, before);
    }),
    read(`catalog, the first ${PAGE} of ${manyRepositories}`, (peer) => () => readCatalogPage(peer, null)),
    read(`catalog, ${PAGE} from the middle of ${manyRepositories}`, (peer) => {
      const before = listedName(peer, repositories / 2 - 1);
      return () => readCatalogPage(peer, before);
    }),
  ];
}

async function askVersion({ connection }: Peer): Promise<void> {
  await drain(await connection.ask({ method: "GET", address: "/v2/", scopes: [], expect: [200] }));
}

async function requireFound(found: Promise<unknown>, reference: string): Promise<void> {
  if ((await found) === null) throw new Error(`the manifest ${reference} is not there`);
}

/** Returns a tag's image. Successive images are far apart in the list of tags. */
function imageAt({ base, count }: Tagged, at: number): Image {
  return variant(base, numbered("t", (at * 7919) % count));
}

async function fillTags(peer: Peer, count: number): Promise<Tagged> {
  progress(`${peer.name}: pushing ${count} tags`);
  const name = `${peer.root}/tags`;
  const base = makeImage([LAYER_BYTES]);
  await pushImage(peer, name, base, "put");
  const tags = Array.from({ length: count }, (_, at) => numbered("t", at));
  await inBatches(tags, AT_ONCE, (tag) => pushManifest(peer, name, variant(base, tag)));
  return { name, base, count };
}

/** Finds the tags that an earlier run has pushed. */
async function findTags({ connection, root }: Peer, count: number): Promise<Tagged> {
  const name = `${root}/tags`;
  const [tag, last] = [numbered("t", 0), numbered("t", count - 1)];
  const first = await getManifest(connection, name, tag);
  if (first === null) throw new Error(`the manifest ${tag} is not there`);
  await requireFound(headManifest(connection, name, last), last);
  return { name, base: originalOf(first.bytes, tag), count };
}

async function fillRepositories(peer: Peer, count: number): Promise<number> {
  progress(`${peer.name}: pushing to ${count} repositories`);
  const names = Array.from({ length: count }, (_, at) => listedName(peer, at));
  await inBatches(names, AT_ONCE, (name) => pushImage(peer, name, makeImage([]), "put"));
  return count;
}

function listedName({ root }: Peer, at: number): string {
  return `${root}/${numbered("r", at)}`;
}

/** Returns a name that sorts as its number does. */
function numbered(letter: string, at: number): string {
  return `${letter}-${String(Math.max(0, Math.floor(at))).padStart(7, "0")}`;
}

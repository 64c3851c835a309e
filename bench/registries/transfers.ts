import { MB } from "../units.ts";
import { type Image, makeImage, pullImage, pushImage } from "./images.ts";
import type { Operation, Workload } from "./measure.ts";
import { oncePerPeer } from "./once.ts";
import type { Plan } from "./options.ts";
import type { Peer } from "./peer.ts";
import type { Way } from "./uploads.ts";

/** Images of one layer each that are pushed or pulled in a run. */
interface Batch extends Pick<Workload, "runs" | "concurrency"> {
  /** Their sizes, in words. */
  readonly what: string;
  /** Bytes of each layer. */
  readonly sizes: readonly number[];
}

const WAYS: { readonly [W in Way]: string } = {
  put: "by PUT",
  patch: "by PATCH",
  stream: "by PATCH, chunked transfer",
  chunks: "in ten chunks",
};

/** A repository below the peer's own path. */
const repositoryOf = ({ root }: Peer): string => `${root}/images`;

/** Returns pushes and pulls like those of zot's zb. */
export function transfers({ runs, transfers: counts, concurrency, scale }: Plan): readonly Workload[] {
  const [one, ten, hundred] = [scaled(1, scale), scaled(10, scale), scaled(100, scale)];
  const same = (size: number, count: number, often: number): Batch => {
    return { what: sizeText(size), sizes: times(count, size), runs: often, concurrency };
  };
  const large = same(hundred, counts.large, runs.large);
  const plain = [same(one, counts.small, runs.small), same(ten, counts.medium, runs.small), large];
  const mixed = {
    what: `20 % ${sizeText(one)}, 70 % ${sizeText(ten)}, 10 % ${sizeText(hundred)}`,
    sizes: [one, ...times(3, ten), hundred, one, ...times(4, ten)],
    runs: runs.largest,
    concurrency,
  };
  const thirds = { ...mixed, what: [one, ten, hundred].map(sizeText).join(", "), sizes: [one, ten, hundred] };
  return [
    ...plain.map((batch) => push(batch, "put")),
    ...plain.map((batch) => push(batch, "patch")),
    push(large, "chunks"),
    ...plain.map(pull),
    pull(mixed),
    push(mixed, "put"),
    push(thirds, "patch"),
    ...[one, ten, hundred].map((size) => pullAndPush(same(size, 4, runs.largest))),
  ];
}

/** Returns the workloads that the bars are for: several layers at once, a large one, and a push of existing content. */
export function shapes({ runs, scale }: Plan): readonly Workload[] {
  const [twenty, huge] = [scaled(20, scale), scaled(300, scale)];
  const ways = ["put", "stream"] as const;
  const five = times(5, twenty);
  const fiveText = `5 × ${sizeText(twenty)} at once`;
  return [
    ...ways.map((way) => pushOne(`first push of ${fiveText}, ${WAYS[way]}`, five, way, runs.large)),
    ...ways.map((way) => pushOne(`first push of 1 × ${sizeText(huge)}, ${WAYS[way]}`, [huge], way, runs.largest)),
    pushAgain(`push again, unchanged, of ${fiveText}`, five, runs.small),
  ];
}

function push({ what, sizes, ...turns }: Batch, way: Way): Workload {
  return {
    ...turns,
    name: `push ${what}, ${WAYS[way]}`,
    prepare: (peer) => Promise.resolve(() => sizes.map((size) => pushNew(peer, [size], way))),
  };
}

function pull({ what, sizes, ...turns }: Batch): Workload {
  return {
    ...turns,
    name: `pull ${what}`,
    prepare: async (peer) => {
      const images = await pushedImages(peer, sizes);
      return () => sizes.map((size) => pullOf(peer, images, size));
    },
  };
}

function pullAndPush({ what, sizes, ...turns }: Batch): Workload {
  return {
    ...turns,
    name: `pull 75 %, push 25 %: ${what}`,
    prepare: async (peer) => {
      const images = await pushedImages(peer, sizes);
      return () => sizes.map((size, at) => (at % 4 === 0 ? pushNew(peer, [size], "put") : pullOf(peer, images, size)));
    },
  };
}

function pushOne(name: string, layers: readonly number[], way: Way, runs: number): Workload {
  const prepare: Workload["prepare"] = (peer) => Promise.resolve(() => [pushNew(peer, layers, way)]);
  return { name, runs, concurrency: 1, prepare };
}

function pushAgain(name: string, layers: readonly number[], runs: number): Workload {
  return {
    name,
    runs,
    concurrency: 1,
    prepare: async (peer) => {
      const image = makeImage(layers);
      await pushImage(peer, repositoryOf(peer), image, "put");
      return () => [() => pushImage(peer, repositoryOf(peer), image, "put")];
    },
  };
}

/** Pushes an image that no registry has seen. */
function pushNew(peer: Peer, layers: readonly number[], way: Way): Operation {
  const image = makeImage(layers);
  return () => pushImage(peer, repositoryOf(peer), image, way);
}

function pullOf(peer: Peer, images: ReadonlyMap<number, Image>, size: number): Operation {
  const image = images.get(size);
  if (image === undefined) throw new Error(`no image of ${size} bytes was pushed`);
  return () => pullImage(peer, repositoryOf(peer), image);
}

const imagesOf = oncePerPeer(() => Promise.resolve(new Map<number, Image>()));

/** Returns an image of each size that the peer has. Each is pushed when it is first asked for. */
async function pushedImages(peer: Peer, sizes: readonly number[]): Promise<ReadonlyMap<number, Image>> {
  const images = await imagesOf(peer);
  for (const size of new Set(sizes)) {
    if (images.has(size)) continue;
    const image = makeImage([size]);
    await pushImage(peer, repositoryOf(peer), image, "put");
    images.set(size, image);
  }
  return images;
}

function times<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value);
}

function scaled(megabytes: number, scale: number): number {
  return Math.ceil(megabytes * MB * scale);
}

function sizeText(bytes: number): string {
  return bytes < MB ? `${bytes / 1000} kB` : `${bytes / MB} MB`;
}

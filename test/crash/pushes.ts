import { randomBytes } from "node:crypto";
import * as docker from "../clients/support/docker.ts";
import { makeImageLayout } from "../clients/support/layout.ts";
import * as oras from "../clients/support/oras.ts";
import * as skopeo from "../clients/support/skopeo.ts";
import { blobOf, makeImage, putManifest } from "../../harness/live/image.ts";
import { uploadInChunks } from "./chunked-upload.ts";
import { patiently } from "./patience.ts";
import { SPACE, TAG, type World } from "./world.ts";

/** An image that is ready to be pushed. */
export interface Push {
  readonly repository: string;
  /** True if its client must succeed whatever happens. */
  readonly persists: boolean;
  /** Pushes it, perhaps again, and returns its digest once it was acknowledged. Throws if it was not. */
  send(): Promise<string>;
}

/** Bytes of layers; some are larger than a part of R2's. */
const LAYERS = [20_000, 1_000_000, 6_500_000];
const CHUNKED_LAYERS = [9_000_000, 16_000_000];

const DOCKER = 2;
const LAYOUTS = 3;
const CHUNKED = 3;

/** Makes everything that a round pushes, all of it new. */
export async function preparePushes(world: World, round: number): Promise<readonly Push[]> {
  const pushes: Push[] = [];
  for (let number = 1; number <= DOCKER; number++) pushes.push(await dockerPush(world, `docker-${round}-${number}`));
  for (let number = 1; number <= LAYOUTS; number++) pushes.push(...(await layoutPushes(world, `${round}-${number}`)));
  for (let number = 1; number <= CHUNKED; number++) pushes.push(chunkedPush(world, `chunked-${round}-${number}`));
  return pushes;
}

async function dockerPush({ homes: { docker: home }, server }: World, path: string): Promise<Push> {
  const repository = `${SPACE}/${path}`;
  const name = `${server.host}/${repository}:${TAG}`;
  await docker.importImage(home, name, LAYERS);
  return { repository, persists: false, send: () => docker.push(home, name) };
}

/** Makes pushes of the same image by two clients at a time, to two repositories. */
async function layoutPushes({ homes, server }: World, path: string): Promise<readonly Push[]> {
  const layout = homes.skopeo.path(`layout-${path}`);
  const digest = await makeImageLayout(layout, LAYERS);
  const pushWith = (client: "skopeo" | "oras", copyIn: typeof oras.copyIn): Push => {
    const repository = `${SPACE}/${client}-${path}`;
    const send = async (): Promise<string> => {
      await copyIn(homes[client], layout, `${server.host}/${repository}:${TAG}`);
      return digest;
    };
    return { repository, persists: false, send };
  };
  return [pushWith("skopeo", skopeo.copyIn), pushWith("oras", oras.copyIn)];
}

function chunkedPush(world: World, path: string): Push {
  const repository = `${SPACE}/${path}`;
  const image = makeImage(
    path,
    CHUNKED_LAYERS.map((size) => blobOf(new Uint8Array(randomBytes(size)))),
  );
  const send = async (): Promise<string> => {
    await Promise.all(image.blobs.map((blob) => uploadInChunks(world, repository, blob)));
    await patiently(world.access.url, () => putManifest(world.access, repository, TAG, image));
    return image.manifest.digest;
  };
  return { repository, persists: true, send };
}

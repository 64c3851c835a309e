import { type Access, ask } from "../live/ask.ts";
import { blobOf, makeImage, putManifest } from "../live/image.ts";
import type { OwnServer } from "../live/server.ts";

const SPACE = "hostile";

/** Tags that are as long as tags may be, and versions whose prereleases are. */
const TAGS = 30;

export interface World {
  readonly server: OwnServer;
  readonly space: string;
  readonly secrets: Readonly<Record<"pusher" | "patterns", string>>;
}

/** A space with an image under long tags in `web`, and so many more repositories, of which each has a blob. */
export async function openWorld(server: OwnServer, repositories: number, patterns: readonly string[]): Promise<World> {
  await server.createSpace(SPACE);
  const pusher = await server.createToken(SPACE, { actions: ["pull", "push", "delete"] });
  const heavy = await server.createToken(SPACE, { actions: ["pull", "push"], repositories: patterns });
  const access = { url: server.url, secret: pusher };
  const image = makeImage("hostile", [blobOf(new Uint8Array([1, 2, 3]))]);
  for (const blob of image.blobs) await pushBlob(access, "web", blob);
  for (let index = 0; index < TAGS; index++) {
    await putManifest(access, `${SPACE}/web`, `${"a".repeat(120)}${index}`, image);
    await putManifest(access, `${SPACE}/web`, `1.0.${index}-${"a".repeat(110)}`, image);
  }
  for (let index = 0; index < repositories; index++) {
    for (const blob of image.blobs.slice(0, 1)) await pushBlob(access, `${"a".repeat(180)}${index}`, blob);
  }
  return { server, space: SPACE, secrets: { pusher, patterns: heavy } };
}

async function pushBlob(access: Access, path: string, { digest, bytes }: ReturnType<typeof blobOf>): Promise<void> {
  await ask(access, "POST", `/v2/${SPACE}/${path}/blobs/uploads/?digest=${digest}`, { expect: [201], body: bytes });
}

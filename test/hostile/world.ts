import { type Access, ask } from "../../harness/live/ask.ts";
import { blobOf, type Image, makeImage } from "../../harness/live/image.ts";
import type { OwnServer } from "../../harness/live/server.ts";

const SPACE = "hostile";

/** The most tags in one push. */
const TAGS_AT_ONCE = 20;

/** The most rules that a space has. */
const RULES = 20;

export interface World {
  readonly server: OwnServer;
  readonly space: string;
  readonly secrets: Readonly<Record<"pusher" | "patterns", string>>;
}

/**
 * Makes a space with an image under `size` long tags in `web`, half of them versions; with as many more
 * repositories, each with a blob; and with retention rules at their limit.
 */
export async function openWorld(server: OwnServer, size: number, patterns: readonly string[]): Promise<World> {
  await server.createSpace(SPACE);
  const pusher = await server.createToken(SPACE, { actions: ["pull", "push", "delete"] });
  const heavy = await server.createToken(SPACE, { actions: ["pull", "push"], repositories: patterns });
  const access = { url: server.url, secret: pusher };
  const image = makeImage("hostile", [blobOf(new Uint8Array([1, 2, 3]))]);
  for (const blob of image.blobs) await pushBlob(access, "web", blob);
  for (let first = 0; first < size; first += TAGS_AT_ONCE) await pushTags(access, image, first);
  for (let index = 0; index < size; index++) {
    for (const blob of image.blobs.slice(0, 1)) await pushBlob(access, `${"a".repeat(180)}${index}`, blob);
  }
  for (let index = 0; index < RULES; index++) await makeRule(server, index);
  return { server, space: SPACE, secrets: { pusher, patterns: heavy } };
}

async function pushTags(access: Access, { manifest }: Image, first: number): Promise<void> {
  const tags = Array.from({ length: TAGS_AT_ONCE }, (_, index) =>
    index % 2 === 0 ? `${"a".repeat(120)}${first + index}` : `1.0.${first + index}-${"a".repeat(110)}`,
  );
  const query = new URLSearchParams(tags.map((tag) => ["tag", tag]));
  await ask(access, "PUT", `/v2/${SPACE}/web/manifests/${manifest.digest}?${query.toString()}`, {
    expect: [201],
    body: manifest.bytes,
    headers: { "Content-Type": "application/vnd.oci.image.manifest.v1+json" },
  });
}

/** Makes a rule whose patterns are as long as allowed, and match all but the end of each tag. */
async function makeRule({ url, adminToken }: OwnServer, index: number): Promise<void> {
  const tags = Array.from({ length: 20 }, () => `${"*a".repeat(24)}b`);
  const rule = {
    name: `rule ${index}`,
    repositories: ["**", ...Array.from({ length: 19 }, () => "*a".repeat(90))],
    keep: { tags, newest: 1000 },
  };
  const answer = await fetch(`${url}/api/v1/spaces/${SPACE}/retention-rules`, {
    method: "POST",
    headers: { Authorization: `Bearer ${adminToken}` },
    body: JSON.stringify(rule),
  });
  if (answer.status !== 201) throw new Error(`a retention rule: ${answer.status} ${await answer.text()}`);
}

async function pushBlob(access: Access, path: string, { digest, bytes }: ReturnType<typeof blobOf>): Promise<void> {
  await ask(access, "POST", `/v2/${SPACE}/${path}/blobs/uploads/?digest=${digest}`, { expect: [201], body: bytes });
}

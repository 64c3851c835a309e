import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Connection, connect, startServer } from "../../../harness/live/server.ts";
import { openSpace, type Space } from "../../../harness/live/space.ts";
import { hashTree } from "../support/content.ts";
import type { Client } from "../support/contract.ts";
import * as docker from "../support/docker.ts";
import { dockerEngine } from "../support/engine.ts";
import { type Home, openHome } from "../support/home.ts";
import { openLine } from "../support/line.ts";
import * as podman from "../support/podman.ts";

const MB = 1_000_000;
const LAYER = (process.env["BIG"] === undefined ? 300 : 3000) * MB;

/** Bytes that the proxy sends at a time, with its default memory. */
const CHUNK = 16 * 1024 * 1024;

/** The most bytes that are sent again if everything breaks: the proxy has up to two chunks on their way. */
const LOST_AT_ONCE = 2 * CHUNK;

/** Bytes of headers, the config, the manifest, and the archive itself. */
const AROUND = 2 * MB;

type Line = Awaited<ReturnType<typeof openLine>>;

/** A client that makes an image of one layer, pushes it, and shows the files of a pulled image. */
interface ImageClient extends Client {
  readonly make: (home: Home, name: string) => Promise<string>;
  readonly pushImage: (home: Home, name: string) => Promise<string>;
  readonly files: (home: Home, name: string) => Promise<string>;
}

const engine = dockerEngine();

const CLIENTS: Record<"docker" | "podman", ImageClient> = {
  docker: {
    ...docker.dockerClient(engine.address),
    make: (home, name) => docker.importImage(home, name, [LAYER]),
    pushImage: docker.push,
    files: docker.filesOf,
  },
  podman: {
    ...podman.podman,
    make: (home, name) => podman.importImage(home, name, [LAYER]),
    pushImage: podman.push,
    files: podman.mount,
  },
};

const homes: Home[] = [];

beforeAll(() => engine.start("{}"));
afterAll(async () => {
  await Promise.all(homes.map((home) => home.remove()));
  await engine.stop();
});

async function openHomeOf(client: Client, host: string, space: Space): Promise<Home> {
  const home = await openHome(client.env);
  homes.push(home);
  await client.login(home, host, await space.token("pull", "push"));
  return home;
}

/** Pulls in a place that has nothing of the image, and compares the files with those that were pushed. */
async function expectPullable(
  client: ImageClient,
  host: string,
  space: Space,
  name: string,
  files: string,
): Promise<void> {
  const puller = await openHomeOf(client, host, space);
  await client.pull(puller, name);
  expect(await hashTree(await client.files(puller, name))).toEqual(await hashTree(files));
}

describe.each(["docker", "podman"] as const)("%s", (clientName) => {
  const client = CLIENTS[clientName];
  let line: Line;
  let space: Space;
  let home: Home;
  let files: string;
  let count = 0;

  /** Gives the image a new name, at a host. */
  const named = async (host: string): Promise<string> => {
    count += 1;
    const name = `${host}/${space.name}/big-${count}:1`;
    files = await client.make(home, name);
    return name;
  };

  beforeAll(async () => {
    const registry = connect(inject("registry"));
    line = await openLine(registry.url);
    space = await openSpace(registry, `proxy-${clientName}`);
    home = await openHomeOf(client, line.proxy.host, space);
  });

  afterAll(() => line.stop());

  it("is refused a large layer by what stands before the registry", async () => {
    const name = await named(line.nginx.host);
    await client.login(home, line.nginx.host, await space.token("pull", "push"));
    await expect(client.pushImage(home, name)).rejects.toThrow(/413|too large/i);
  });

  it("pushes it through the proxy, and gets it back bit for bit", async () => {
    const name = await named(line.proxy.host);
    const before = line.meter.sent;
    await client.pushImage(home, name);
    // Nothing is sent twice.
    expect(line.meter.sent - before, line.proxy.output()).toBeLessThan(LAYER + AROUND);
    await expectPullable(client, line.proxy.host, space, name, files);
  });

  it("pushes it although all connections are cut in the middle of chunks, twice", async () => {
    const name = await named(line.proxy.host);
    const { sent: before, broken } = line.meter;
    const pushing = client.pushImage(home, name);
    pushing.catch(() => undefined);
    const cuts = [0.3, 0.7];
    for (const share of cuts) {
      await line.meter.until(({ sent }) => sent > before + share * LAYER);
      await line.nginx.restart();
    }
    await pushing;
    expect(line.meter.broken - broken).toBeGreaterThanOrEqual(cuts.length);
    expect(line.meter.sent - before, line.proxy.output()).toBeLessThan(LAYER + cuts.length * LOST_AT_ONCE + AROUND);
    await expectPullable(client, line.proxy.host, space, name, files);
  });
});

describe("a registry that starts anew between two chunks", () => {
  let registry: Connection & { restart(): Promise<void>; stop(): Promise<void> };
  let line: Line;

  beforeAll(async () => {
    registry = await startServer();
    line = await openLine(registry.url);
  });

  afterAll(async () => {
    await line.stop();
    await registry.stop();
  });

  it("has the whole layer in the end", async () => {
    const client = CLIENTS.podman;
    const space = await openSpace(registry, "restart");
    const home = await openHomeOf(client, line.proxy.host, space);
    const name = `${line.proxy.host}/${space.name}/big:1`;
    const files = await client.make(home, name);
    const before = line.meter.sent;
    const pushing = client.pushImage(home, name);
    pushing.catch(() => undefined);
    // The first acknowledgement is the answer that begins the upload.
    await line.meter.until(({ acknowledged }) => acknowledged > 4);
    await registry.restart();
    await pushing;
    expect(line.meter.sent - before, line.proxy.output()).toBeLessThan(LAYER + LOST_AT_ONCE + AROUND);
    await expectPullable(client, line.proxy.host, space, name, files);
  });
});

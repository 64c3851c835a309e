/** Measures the usage of whole pushes, pulls and lists, of everything that is billed. The bench converts it to dollars. */
import { expect, it } from "vitest";
import * as z from "zod";
import { IMAGE_CONFIG_TYPES } from "../../src/oci/image-config.ts";
import {
  bytesOf,
  digestOf,
  newSeed,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  putManifest,
  type TestDescriptor,
} from "../support/content.ts";
import { makeSpace } from "../support/registry.ts";
import { meteredWorker, type Step } from "./metering.ts";
import {
  LAYERS,
  LARGE_LAYER,
  type Usage,
  workloadKeys,
  WORKLOADS,
  type WorkloadKey,
} from "../../harness/budget/usage.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Read by the bench. */
    workload?: { readonly key: WorkloadKey; readonly usage: Usage };
  }
}

const SPACE = "dollars";
const as = await makeSpace(SPACE);
// The default settings.
const metering = meteredWorker({ READ_MEMORY_SECONDS: 60, CACHE_MB: 512 });
const { usageOf } = metering;
/** For content that the cache must not have afterwards. */
const uncached = meteredWorker({ READ_MEMORY_SECONDS: 0, CACHE_MB: 0 });
/** Bytes. */
const CONFIG_BYTES = 2000;
const SMALL_LAYER = 100_000;
const TAGS = 60;
const tokenAnswer = z.object({ token: z.string() });
let made = 0;

function nextRepository(): string {
  made += 1;
  return `${SPACE}/app-${made}`;
}

interface Session {
  readonly root: string;
  readonly request: (step: Step) => Promise<Response>;
}

/** Begins as clients do: asks without a token, fetches one, and goes on with it. */
async function begin(repository: string, scope: string, { send } = metering): Promise<Session> {
  await send({ path: "/v2/", status: 401 });
  const basic = { Authorization: `Basic ${btoa(`u:${as}`)}` };
  const answer = await send({ path: `/token?service=registry.test&scope=${scope}`, headers: basic, status: 200 });
  const { token } = tokenAnswer.parse(await answer.json());
  const request: Session["request"] = (step) =>
    send({ ...step, headers: { ...step.headers, Authorization: `Bearer ${token}` } });
  return { root: `/v2/${repository}`, request };
}

const pushing = (repository: string): Promise<Session> => begin(repository, `repository:${repository}:pull,push`);
const pulling = (repository: string, worker = metering): Promise<Session> =>
  begin(repository, `repository:${repository}:pull`, worker);

interface Content {
  readonly blobs: readonly Uint8Array[];
  readonly manifest: string;
}

/** Makes a config and layers that are new, and their manifest. */
async function newImage(layers: number, layerBytes: number): Promise<Content> {
  const text = JSON.stringify({ os: "linux", architecture: "amd64", created_by: newSeed() });
  const blobs = [new TextEncoder().encode(text.padEnd(CONFIG_BYTES))];
  while (blobs.length <= layers) blobs.push(bytesOf(layerBytes, newSeed()));
  const descriptors: TestDescriptor[] = [];
  for (const bytes of blobs) {
    const mediaType = descriptors.length === 0 ? IMAGE_CONFIG_TYPES[0] : "application/octet-stream";
    descriptors.push({ mediaType, digest: await digestOf(bytes), size: bytes.length });
  }
  const [config, ...rest] = descriptors;
  return { blobs, manifest: JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: rest }) };
}

type Upload = (session: Session, bytes: Uint8Array, digest: string) => Promise<void>;

const start = async ({ root, request }: Session): Promise<string> =>
  (await request({ method: "POST", path: `${root}/blobs/uploads/`, status: 202 })).headers.get("Location") ?? "";

/** Uploads as containerd does. */
const byPut: Upload = async (session, body, digest) => {
  const path = `${await start(session)}?digest=${digest}`;
  await session.request({ method: "PUT", path, body, status: 201 });
};

/** Uploads as podman, skopeo and older docker do. */
const byPatch: Upload = async (session, body, digest) => {
  const patched = await session.request({ method: "PATCH", path: await start(session), body, status: 202 });
  const path = `${patched.headers.get("Location")}?digest=${digest}`;
  await session.request({ method: "PUT", path, status: 201 });
};

/** Asks for each blob, uploads those that are absent, and sends the manifest. */
async function push(repository: string, { blobs, manifest }: Content, upload: Upload | null): Promise<void> {
  const session = await pushing(repository);
  const { root, request } = session;
  for (const bytes of blobs) {
    const digest = await digestOf(bytes);
    await request({ method: "HEAD", path: `${root}/blobs/${digest}`, status: upload === null ? 200 : 404 });
    await upload?.(session, bytes, digest);
  }
  const headers = { "Content-Type": OCI_MANIFEST };
  await request({ method: "PUT", path: `${root}/manifests/1.0`, headers, body: manifest, status: 201 });
}

const pushOf =
  (layerBytes: number, upload: Upload): Prepare =>
  async () => {
    const content = await newImage(LAYERS.push, layerBytes);
    const repository = nextRepository();
    return () => push(repository, content, upload);
  };

/** Makes an image in its own repository, with today's pull already noted. */
async function pulledImage(layers: number): Promise<{ readonly repository: string; readonly content: Content }> {
  const repository = nextRepository();
  const content = await newImage(layers, SMALL_LAYER);
  for (const bytes of content.blobs) await pushBlob(repository, as, bytes);
  await push(repository, content, null);
  const { root, request } = await pulling(repository, uncached);
  await uncached.usageOf(async () => {
    await request({ path: `${root}/manifests/1.0`, status: 200 });
    await request({ path: `${root}/manifests/${await digestOf(content.manifest)}`, status: 200 });
  });
  return { repository, content };
}

/** Docker and containerd ask for the tag with HEAD and fetch its manifest by digest. */
const pullOf =
  (layers: number, by: "tag" | "digest", times: "cold" | "warm"): Prepare =>
  async () => {
    const { repository, content } = await pulledImage(layers);
    const digests = await Promise.all(content.blobs.map((bytes) => digestOf(bytes)));
    const digest = await digestOf(content.manifest);
    const pull = async (): Promise<void> => {
      const { root, request } = await pulling(repository);
      if (by === "tag") await request({ method: "HEAD", path: `${root}/manifests/1.0`, status: 200 });
      await request({ path: `${root}/manifests/${digest}`, status: 200 });
      for (const one of digests) await request({ path: `${root}/blobs/${one}`, status: 200 });
    };
    if (times === "warm") await usageOf(pull);
    return pull;
  };

type Prepare = () => Promise<() => Promise<void>>;

const WORK: Readonly<Record<WorkloadKey, Prepare>> = {
  firstPushByPut: pushOf(SMALL_LAYER, byPut),
  firstPushByPatch: pushOf(SMALL_LAYER, byPatch),
  firstPushOfLarge: pushOf(LARGE_LAYER, byPatch),
  pushUnchanged: async () => {
    const content = await newImage(LAYERS.push, SMALL_LAYER);
    const repository = nextRepository();
    await usageOf(() => push(repository, content, byPut));
    return () => push(repository, content, null);
  },
  fullPull: pullOf(LAYERS.push, "tag", "cold"),
  pullTagCold: pullOf(LAYERS.pull, "tag", "cold"),
  pullTagWarm: pullOf(LAYERS.pull, "tag", "warm"),
  pullDigestCold: pullOf(LAYERS.pull, "digest", "cold"),
  pullDigestWarm: pullOf(LAYERS.pull, "digest", "warm"),
  tags: async () => {
    const repository = nextRepository();
    const { text } = await pushImage(repository, as, "1.0");
    for (let number = 1; number < TAGS; number++) await putManifest(repository, as, `1.${number}`, text);
    const { root, request } = await pulling(repository);
    return async () => void (await request({ path: `${root}/tags/list?n=50`, status: 200 }));
  },
  catalog: async () => {
    const { request } = await begin("", "registry:catalog:*");
    return async () => void (await request({ path: "/v2/_catalog?n=2", status: 200 }));
  },
};

for (const key of workloadKeys) {
  it(`${WORKLOADS[key]} is counted`, async ({ task }) => {
    const usage = await usageOf(await WORK[key]());
    task.meta.workload = { key, usage };
    expect(usage.requests).toBeGreaterThan(0);
  });
}

it("counts what a pull and a push are known to take", async () => {
  const pull = await usageOf(await WORK.fullPull());
  expect(pull).toMatchObject({ requests: 2 + 2 + 1 + LAYERS.push, classA: 0, classB: 1 + LAYERS.push, messages: 0 });
  expect(pull.rowsRead).toBeGreaterThan(0);
  const pushed = await usageOf(await WORK.firstPushByPut());
  expect(pushed).toMatchObject({ classA: 1 + LAYERS.push, objectRequests: 1 + LAYERS.push });
  // After the answer, the events of the manifest and of its tag may both find the config unread, since they run side by
  // side.
  expect(pushed.classB).toBeOneOf([1, 2]);
  expect(pushed.rowsWritten).toBeGreaterThan(0);
  expect(pushed.messages).toBeGreaterThan(0);
});

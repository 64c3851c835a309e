/** Pulls and pushes as clients perform them: their requests, in order, and the number that run at a time. */
import type { Blob } from "../../harness/live/image.ts";
import { sha256 } from "../../harness/live/sha256.ts";
import type { Pushed } from "./content.ts";
import type { Answer, Send, Session, Task } from "./session.ts";

/** A space of ours, which is the first part of the repository's name. */
export const SPACE = "bench";
const REPOSITORY = `/v2/${SPACE}/edge`;
export const SCOPE = `repository:${SPACE}/edge:pull,push`;

const MANIFEST = { "Content-Type": "application/vnd.oci.image.manifest.v1+json" };
const ACCEPT = { Accept: "application/vnd.oci.image.manifest.v1+json" };
const BYTES = { "Content-Type": "application/octet-stream" };

/** The means of sending an upload's bytes. */
export type UploadWay = "PUT" | "PATCH";

/** Docker's `max-concurrent-uploads`, with its own store and with containerd's. */
const UPLOADS = 5;

/** Docker's `max-concurrent-downloads`. */
const DOCKER_DOWNLOADS = 3;

type Pull = (session: Session, pushed: Pushed, reference: string) => Promise<void>;

/** Pings the registry, gets the manifest, then the configuration beside three layers at a time. */
const pullAsDocker: Pull = async (session, { manifest, blobs: [config, ...layers] }, reference) => {
  await session.perform(
    one(async (send) => {
      await ping(send);
      await getManifest(send, manifest, reference);
    }),
  );
  await session.perform(one(getBlob(config)), { lanes: DOCKER_DOWNLOADS, tasks: layers.map(getBlob) });
};

/** Resolves the reference, gets the manifest by its digest, then all its blobs at once. */
const pullAsContainerd: Pull = async (session, { manifest, blobs }, reference) => {
  await session.perform(
    one(async (send) => {
      await send({ method: "HEAD", address: `${REPOSITORY}/manifests/${reference}`, headers: ACCEPT, status: 200 });
      await getManifest(send, manifest, manifest.digest);
    }),
  );
  await session.perform({ lanes: blobs.length, tasks: blobs.map(getBlob) });
};

export const PULLS = { Docker: pullAsDocker, containerd: pullAsContainerd } as const satisfies Record<string, Pull>;

/** Pushes each layer unless it is there, then the configuration, then the manifest under its tag. */
export async function push(
  session: Session,
  { manifest, blobs: [config, ...layers], tag }: Pushed,
  way: UploadWay,
): Promise<void> {
  await session.perform(one(ping));
  await session.perform({ lanes: UPLOADS, tasks: layers.map((layer) => pushBlob(layer, way)) });
  await session.perform(one(pushBlob(config, way)));
  const address = `${REPOSITORY}/manifests/${tag}`;
  await session.perform(
    one(async (send) => {
      await send({ method: "PUT", address, headers: MANIFEST, body: manifest.bytes, status: 201 });
    }),
  );
}

/** Pushes one layer that is not there yet. */
export async function pushLayer(session: Session, layer: Blob, way: UploadWay): Promise<void> {
  await session.perform(one(ping));
  await session.perform(one(pushBlob(layer, way)));
}

const one = (task: Task): { readonly lanes: number; readonly tasks: readonly Task[] } => ({ lanes: 1, tasks: [task] });

const ping: Task = async (send) => {
  await send({ method: "GET", address: "/v2/", status: 200, isPing: true });
};

async function getManifest(send: Send, manifest: Blob, reference: string): Promise<void> {
  const address = `${REPOSITORY}/manifests/${reference}`;
  const { bytes } = await send({ method: "GET", address, headers: ACCEPT, status: 200 });
  expectBytes(bytes, manifest);
}

function getBlob(blob: Blob): Task {
  return async (send) => {
    const { bytes } = await send({ method: "GET", address: `${REPOSITORY}/blobs/${blob.digest}`, status: 200 });
    expectBytes(bytes, blob);
  };
}

function expectBytes(bytes: Uint8Array, { digest }: Blob): void {
  if (sha256(bytes) !== digest) throw new Error(`${bytes.length} bytes came under ${digest} that are others`);
}

function pushBlob({ digest, bytes }: Blob, way: UploadWay): Task {
  return async (send) => {
    await send({ method: "HEAD", address: `${REPOSITORY}/blobs/${digest}`, status: 404 });
    const session = await send({ method: "POST", address: `${REPOSITORY}/blobs/uploads/`, status: 202 });
    const finish = (location: string): string => `${location}${location.includes("?") ? "&" : "?"}digest=${digest}`;
    if (way === "PUT") {
      const address = finish(locationOf(session));
      await send({ method: "PUT", address, headers: BYTES, body: bytes, status: 201 });
      return;
    }
    const address = locationOf(session);
    const patched = await send({ method: "PATCH", address, headers: BYTES, body: bytes, isChunked: true, status: 202 });
    await send({ method: "PUT", address: finish(locationOf(patched)), status: 201 });
  };
}

function locationOf({ header }: Answer): string {
  const location = header("location");
  if (location === "") throw new Error("an upload was not told where to go on");
  return location;
}

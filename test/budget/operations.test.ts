import { afterAll, beforeAll, describe } from "vitest";
import { PART_BYTES } from "../../src/storage/uploads/session-rows.ts";
import {
  bytesOf,
  digestOf,
  imageText,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  type TestDescriptor,
} from "../support/content.ts";
import { setCaching } from "../support/caching.ts";
import { countCalls, settled } from "../support/counting.ts";
import { makeSpace } from "../support/registry.ts";
import { bearerClient, budgeted, type Client } from "./measure.ts";
import { LARGE_BLOB, MANY_LAYERS, PULLED_BLOBS, SMALL_BLOB } from "../../harness/budget/rows.ts";

beforeAll(() => setCaching(true));
afterAll(() => setCaching(false));

const SPACE = "budget";
const as = await makeSpace(SPACE);
let made = 0;

/** Returns a new repository for each test, which does not exist yet, and a client with all rights there. */
async function freshRepository(): Promise<{ name: string; root: string; client: Client }> {
  made += 1;
  const name = `${SPACE}/app-${made}`;
  const client = await bearerClient(as, `repository:${name}:pull,push,delete`);
  return { name, root: `/v2/${name}`, client };
}

/** Makes bytes that no other test pushes. */
function freshBytes(length: number): Uint8Array {
  made += 1;
  return bytesOf(length, 1000 + made);
}

async function locationOf(answer: Promise<Response>): Promise<string> {
  return (await answer).headers.get("Location") ?? "";
}

// Each of these functions prepares an operation, and returns the part that is counted.

async function pushInOnePut(bytes: Uint8Array): Promise<() => Promise<void>> {
  const { root, client } = await freshRepository();
  const digest = await digestOf(bytes);
  return async () => {
    const session = await locationOf(client({ method: "POST", path: `${root}/blobs/uploads/`, status: 202 }));
    await client({ method: "PUT", path: `${session}?digest=${digest}`, body: bytes, status: 201 });
  };
}

async function pushInSession(length: number, lastBytes: number): Promise<() => Promise<void>> {
  const { root, client } = await freshRepository();
  const bytes = freshBytes(length);
  const digest = await digestOf(bytes);
  const body = bytes.slice(0, length - lastBytes);
  const last = lastBytes === 0 ? {} : { body: bytes.slice(length - lastBytes) };
  return async () => {
    const start = await locationOf(client({ method: "POST", path: `${root}/blobs/uploads/`, status: 202 }));
    const session = await locationOf(client({ method: "PATCH", path: start, body, status: 202 }));
    await client({ method: "PUT", path: `${session}?digest=${digest}`, ...last, status: 201 });
  };
}

function putManifest(client: Client, root: string, body: string): Promise<Response> {
  const headers = { "Content-Type": OCI_MANIFEST };
  return client({ method: "PUT", path: `${root}/manifests/1.0`, headers, body, status: 201 });
}

async function mount(source: "named" | "not named"): Promise<() => Promise<void>> {
  const { name } = await freshRepository();
  const target = await freshRepository();
  const { digest } = await pushBlob(name, as, freshBytes(100));
  const client = await bearerClient(as, `repository:${target.name}:pull,push`, `repository:${name}:pull`);
  const path = `${target.root}/blobs/uploads/?mount=${digest}${source === "named" ? `&from=${name}` : ""}`;
  return async () => void (await client({ method: "POST", path, status: 201 }));
}

/** Notes a pull, so that the counted one is not its day's first; leaves nothing in the cache. */
async function firstOfDay(pullManifest: () => Promise<void>): Promise<void> {
  setCaching(false);
  await countCalls(pullManifest);
  setCaching(true);
}

async function pull(): Promise<() => Promise<void>> {
  const { name, root } = await freshRepository();
  const layers = [await pushBlob(name, as, freshBytes(100)), await pushBlob(name, as, freshBytes(SMALL_BLOB))];
  const config = await pushBlob(name, as, freshBytes(100));
  const blobs = [config, ...layers];
  if (blobs.length !== PULLED_BLOBS) throw new Error(`the budget is for ${PULLED_BLOBS} blobs`);
  await pushImage(name, as, "1.0", 1, { config, layers });
  // A token from before the first push does not know the repository.
  const client = await bearerClient(as, `repository:${name}:pull`);
  const pullManifest = async (): Promise<void> => void (await client({ path: `${root}/manifests/1.0`, status: 200 }));
  await firstOfDay(pullManifest);
  return async () => {
    await pullManifest();
    // Waits, as long as a client's next request takes to arrive.
    await settled();
    await Promise.all(blobs.map(({ digest }) => client({ path: `${root}/blobs/${digest}`, status: 200 })));
  };
}

async function pullOfTag(): Promise<() => Promise<void>> {
  const { name, root, client } = await freshRepository();
  await pushImage(name, as, "1.0");
  return async () => void (await client({ path: `${root}/manifests/1.0`, status: 200 }));
}

describe("pushing a blob", () => {
  budgeted("onePut", () => pushInOnePut(freshBytes(SMALL_BLOB)));

  budgeted("knownBlob", async () => {
    const bytes = freshBytes(SMALL_BLOB);
    await pushBlob(`${SPACE}/first`, as, bytes);
    return pushInOnePut(bytes);
  });

  budgeted("onePost", async () => {
    const { root, client } = await freshRepository();
    const body = freshBytes(SMALL_BLOB);
    const path = `${root}/blobs/uploads/?digest=${await digestOf(body)}`;
    return async () => void (await client({ method: "POST", path, body, status: 201 }));
  });

  budgeted("smallSession", () => pushInSession(SMALL_BLOB, 0));
  budgeted("wholePart", () => pushInSession(PART_BYTES, 0));
  budgeted("largeSession", () => pushInSession(LARGE_BLOB, 0));
  budgeted("lastBytes", () => pushInSession(LARGE_BLOB, SMALL_BLOB));
});

describe("pushing a manifest", () => {
  budgeted("manifest", async () => {
    const { name, root, client } = await freshRepository();
    const text = await imageText(name, as);
    return async () => void (await putManifest(client, root, text));
  });

  budgeted("manyLayers", async () => {
    const { name, root, client } = await freshRepository();
    const layers: TestDescriptor[] = [];
    for (let number = 1; number <= MANY_LAYERS; number++) layers.push(await pushBlob(name, as, freshBytes(100)));
    const text = await imageText(name, as, 1, { layers });
    return async () => void (await putManifest(client, root, text));
  });
});

describe("mounting a blob", () => {
  budgeted("mountFrom", () => mount("named"));
  budgeted("mount", () => mount("not named"));
});

describe("pulling", () => {
  budgeted("headBlob", async () => {
    const { name, root, client } = await freshRepository();
    const { digest } = await pushBlob(name, as, freshBytes(100));
    return async () => void (await client({ method: "HEAD", path: `${root}/blobs/${digest}`, status: 200 }));
  });

  budgeted("firstPull", pullOfTag);
  budgeted("nextPull", async () => {
    const again = await pullOfTag();
    await firstOfDay(again);
    return again;
  });

  budgeted("pull", pull);
  budgeted("pullAgain", async () => {
    const again = await pull();
    await countCalls(again);
    return again;
  });
});

describe("listing and deleting", () => {
  budgeted("tags", async () => {
    const { name, root, client } = await freshRepository();
    await pushImage(name, as, "1.0");
    await pushImage(name, as, "1.1");
    return async () => void (await client({ path: `${root}/tags/list?n=1`, status: 200 }));
  });

  budgeted("catalog", async () => {
    const client = await bearerClient(as, "registry:catalog:*");
    return async () => void (await client({ path: "/v2/_catalog?n=2", status: 200 }));
  });

  budgeted("referrers", async () => {
    const { name, root, client } = await freshRepository();
    const { digest, text } = await pushImage(name, as, "1.0");
    await pushImage(name, as, "signature", 2, { subject: { mediaType: OCI_MANIFEST, digest, size: text.length } });
    return async () => void (await client({ path: `${root}/referrers/${digest}`, status: 200 }));
  });

  budgeted("deleteTag", async () => {
    const { name, root, client } = await freshRepository();
    await pushImage(name, as, "1.0");
    return async () => void (await client({ method: "DELETE", path: `${root}/manifests/1.0`, status: 202 }));
  });
});

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Digest } from "../../src/oci/digest.ts";
import { bytesOf, digestOf, OCI_MANIFEST, putManifest, startSession } from "../support/content.ts";
import { disturbCalls } from "../support/counting.ts";
import { ask, errorOf, makeSpace } from "../support/registry.ts";
import { finish, isReadable, offsetOf, patch } from "../support/upload.ts";

/**
 * Each call to a binding, one at a time, fails: before it takes effect, or after, so that only its answer is lost.
 * Whatever was acknowledged must hold, nothing half done may be seen, and the next try must succeed.
 */

const LARGE = 6 * 1024 * 1024;
let as: string;

beforeAll(async () => {
  as = await makeSpace("faults");
  // Each injected fault is logged, as it should be.
  vi.spyOn(console, "error").mockReturnValue(undefined);
});

afterAll(() => {
  vi.restoreAllMocks();
});

interface Content {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

interface Image {
  readonly repository: string;
  readonly config: Content;
  readonly layer: Content;
  readonly manifest: string;
}

async function contentOf(length: number, seed: number): Promise<Content> {
  const bytes = bytesOf(length, seed);
  return { bytes, digest: await digestOf(bytes) };
}

function descriptor({ bytes, digest }: Content): object {
  return { mediaType: "application/x", digest, size: bytes.length };
}

async function makeImage(repository: string, seed: number): Promise<Image> {
  const config = await contentOf(100, seed);
  const layer = await contentOf(LARGE, seed);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers: [descriptor(layer)],
  });
  return { repository, config, layer, manifest };
}

/** What was answered with success, in the order of the push. */
interface Acknowledged {
  readonly blobs: Digest[];
  tagged: boolean;
}

/** Pushes as clients do, one blob in a PUT and one in chunks, and stops at the first failure. */
async function push({ repository, config, layer, manifest }: Image, acknowledged: Acknowledged): Promise<void> {
  const whole = await start(repository);
  if (whole === null || !(await took(await finish(whole, as, config.digest, config.bytes)))) return;
  acknowledged.blobs.push(config.digest);
  const chunked = await start(repository);
  if (chunked === null || !(await took(await patch(chunked, as, layer.bytes)))) return;
  if (!(await took(await finish(chunked, as, layer.digest)))) return;
  acknowledged.blobs.push(layer.digest);
  acknowledged.tagged = await took(await putManifest(repository, as, "latest", manifest));
}

async function start(repository: string): Promise<string | null> {
  const answer = await ask(`/v2/${repository}/blobs/uploads/`, { method: "POST", as });
  return (await took(answer)) ? answer.headers.get("Location") : null;
}

/** Whether the request succeeded; a failure must be told in the spec's form, and be ours. */
async function took(answer: Response): Promise<boolean> {
  const code = answer.ok ? "none" : await errorOf(answer);
  expect(code).toBeOneOf(["none", "500 UNKNOWN", "429 TOOMANYREQUESTS"]);
  return answer.ok;
}

async function expectWhole({ repository, config, layer, manifest }: Image): Promise<void> {
  expect(await (await ask(`/v2/${repository}/manifests/latest`, { as })).text()).toBe(manifest);
  for (const { digest } of [config, layer]) expect(await isReadable(repository, as, digest)).toBe(true);
}

/** Runs `act` while its `count`th call fails; false when it makes fewer calls. */
async function failCall(count: number, takesEffect: boolean, act: () => Promise<void>): Promise<boolean> {
  let calls = 0;
  await disturbCalls(async (call, proceed) => {
    calls += 1;
    if (calls !== count) return proceed();
    if (takesEffect) await proceed();
    throw new Error(`injected: ${call.name}`);
  }, act);
  return calls >= count;
}

const WHEN = [
  { when: "before it takes effect", takesEffect: false },
  { when: "after it took effect", takesEffect: true },
];

describe.each(WHEN)("when one call fails $when", ({ takesEffect }) => {
  it("a push keeps what was acknowledged, shows nothing by halves, and succeeds when tried again", async () => {
    let count = 0;
    for (let goesOn = true; goesOn;) {
      count += 1;
      const image = await makeImage(`faults/push${count}-${takesEffect}`, 2 * count + Number(takesEffect));
      const acknowledged: Acknowledged = { blobs: [], tagged: false };
      goesOn = await failCall(count, takesEffect, () => push(image, acknowledged));
      for (const digest of acknowledged.blobs) {
        expect(await isReadable(image.repository, as, digest), `call ${count}`).toBe(true);
      }
      const tag = await ask(`/v2/${image.repository}/manifests/latest`, { as });
      expect(tag.status, `call ${count}`).toBeOneOf(acknowledged.tagged ? [200] : [200, 404]);
      if (tag.status === 200) await expectWhole(image);
      const again: Acknowledged = { blobs: [], tagged: false };
      await push(image, again);
      expect(again.tagged, `call ${count}`).toBe(true);
      await expectWhole(image);
    }
    expect(count).toBeGreaterThan(15);
  });

  it("a chunked upload goes on in the same session from the offset that GET reports", async () => {
    let count = 0;
    for (let goesOn = true; goesOn;) {
      count += 1;
      const { bytes, digest } = await contentOf(2 * LARGE, 100 + 2 * count + Number(takesEffect));
      const session = await startSession("faults/session", as);
      goesOn = await failCall(count, takesEffect, async () => {
        await patch(session, as, bytes.subarray(0, LARGE));
        await finish(session, as, digest, bytes.subarray(LARGE), { at: LARGE });
      });
      // Null: the finish took effect, so only its answer is missing.
      const offset = (await offsetOf(session, as)) ?? bytes.length;
      if (offset < bytes.length) await patch(session, as, bytes.subarray(offset), { at: offset });
      expect((await finish(session, as, digest)).status, `call ${count}, from ${offset}`).toBe(201);
      expect(await isReadable("faults/session", as, digest)).toBe(true);
    }
    expect(count).toBeGreaterThan(6);
  });
});

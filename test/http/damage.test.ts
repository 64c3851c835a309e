import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  imageText,
  OCI_INDEX,
  padded,
  pushBlob,
  putManifest,
} from "../support/content.ts";
import { damageOf, damagedOf, HARM, keyOf } from "../support/damage.ts";
import { ask, makeSpace } from "../support/registry.ts";
import { isReadable } from "../support/upload.ts";

/** Damage that pulls find before scrub does. */

let space = "";
let as = "";
let spaces = 0;
let seeds = 9000;

beforeAll(() => {
  // Quarantined content is logged.
  vi.spyOn(console, "error").mockReturnValue(undefined);
  return () => vi.restoreAllMocks();
});

async function freshSpace(): Promise<void> {
  spaces += 1;
  space = `damage${spaces}`;
  as = await makeSpace(space);
}

/** Expects a quarantine after the answer: a HEAD says 404 then, so that clients push. */
async function expectQuarantined(path: string): Promise<void> {
  await vi.waitFor(async () => expect((await damagedOf(space)).items).toHaveLength(1));
  expect((await ask(path, { method: "HEAD", as })).status).toBe(404);
}

describe.each([
  ["no object", "missing"],
  ["fewer bytes", "corrupt"],
] as const)("a pull of a blob with %s", (harm, damage) => {
  it.each([
    ["the whole", null],
    ["its beginning", "bytes=0-9"],
    ["its end", "bytes=990-999"],
    ["several parts", "bytes=0-9,500-509"],
    ["the last part first", "bytes=990-999,0-9"],
  ])("answers 404 for %s, with what is wrong; then it is quarantined", async (_, range) => {
    await freshSpace();
    const bytes = bytesOf(1000, (seeds += 1));
    const { digest } = await pushBlob(`${space}/web`, as, bytes);
    await HARM[harm](await keyOf(digest));
    const path = `/v2/${space}/web/blobs/${digest}`;
    const answer = await ask(path, { as, headers: range === null ? {} : { Range: range } });
    expect(await damageOf(answer)).toEqual([404, "BLOB_UNKNOWN", { digest, damage }, true]);
    await expectQuarantined(path);
    await pushBlob(`${space}/web`, as, bytes);
    expect(await isReadable(`${space}/web`, as, digest)).toBe(true);
  });
});

describe.each([
  ["no object", "missing"],
  ["fewer bytes", "corrupt"],
  ["other bytes", "corrupt"],
] as const)("a long manifest with %s", (harm, damage) => {
  const subject = { mediaType: OCI_INDEX, size: 10, digest: `sha256:${"7".repeat(64)}` };

  async function pushLong(): Promise<{ path: string; digest: string; text: string }> {
    await freshSpace();
    const annotations = { "org.example.a": "b" };
    const text = padded(await imageText(`${space}/web`, as, (seeds += 1), { subject, annotations }), 950_000);
    expect((await putManifest(`${space}/web`, as, "latest", text)).status).toBe(201);
    const digest = await digestOf(text);
    return { path: `/v2/${space}/web/manifests/${digest}`, digest, text };
  }

  it("answers 404 to a pull, never other bytes; then it is quarantined", async () => {
    const { path, digest, text } = await pushLong();
    await HARM[harm](await keyOf(digest, "manifests"));
    expect(await damageOf(await ask(path, { as }))).toEqual([404, "MANIFEST_UNKNOWN", { digest, damage }, true]);
    await expectQuarantined(path);
    expect((await putManifest(`${space}/web`, as, "latest", text)).status).toBe(201);
    expect(await (await ask(path, { as })).text()).toBe(text);
  });

  it("is listed as a referrer all the same, without its annotations, and so are the others", async () => {
    const { path, digest } = await pushLong();
    const other = await imageText(`${space}/web`, as, (seeds += 1), { subject, annotations: { c: "d" } });
    await putManifest(`${space}/web`, as, "other", other);
    await HARM[harm](await keyOf(digest, "manifests"));
    const listed = async (): Promise<unknown> => {
      const answer = await ask(`/v2/${space}/web/referrers/${subject.digest}`, { as });
      return answer.json();
    };
    const damaged = { digest, size: 950_000 };
    const whole = { ...(await descriptorOf(other)), annotations: { c: "d" } };
    const manifests = [damaged, whole].toSorted((left, right) => (left.digest < right.digest ? -1 : 1));
    expect(await listed()).toMatchObject({ manifests });
    expect(JSON.stringify(await listed())).not.toContain("org.example.a");
    await expectQuarantined(path);
  });
});

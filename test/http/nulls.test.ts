/**
 * Tests manifests with null for empty values, as Go writes them: they are taken as they are, and all
 * readers of manifests can read them.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { operations } from "../../src/contract/operations.ts";
import {
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  newSeed,
  OCI_INDEX,
  OCI_MANIFEST,
  padded,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { ask, errorOf, manage, nextSpace } from "../support/registry.ts";

let space = "";
let as = "";

beforeAll(async () => {
  ({ space, as } = await nextSpace("nulls"));
});

const web = (): string => `${space}/web`;
const NULLS = { manifests: null, subject: {}, annotations: { a: null }, artifactType: null, mediaType: null };

async function put(tag: string, text: string, type = OCI_MANIFEST): Promise<string> {
  const answer = await putManifest(web(), as, tag, text, type);
  if (answer.status !== 201) throw new Error(`${tag}: ${await errorOf(answer)}`);
  return digestOf(text);
}

async function expectAsPushed(tag: string, text: string, type = OCI_MANIFEST): Promise<void> {
  const answer = await ask(`/v2/${web()}/manifests/${tag}`, { as });
  expect(answer.headers.get("Content-Type")).toBe(type);
  expect(await answer.text()).toBe(text);
}

describe("a manifest with nulls", () => {
  it.each([
    ["layers null", { layers: null }],
    ["no layers", { layers: undefined }],
    ["everything null", { layers: null, ...NULLS }],
  ])("is an image that comes back as it was pushed: %s", async (name, fields) => {
    const tag = name.replaceAll(" ", "-");
    const text = await imageText(web(), as, newSeed(), fields);
    const digest = await put(tag, text);
    await expectAsPushed(tag, text);
    const shown = await manage("GET", `spaces/${space}/manifest?repository=web&reference=${digest}`);
    const { needs, annotations, subject } = operations.getManifest.output.parse(await shown.json());
    expect({ needs: needs.length, subject }).toEqual({ needs: 1, subject: null });
    expect(annotations).toEqual("annotations" in fields ? { a: "" } : null);
  });

  it.each([
    ["manifests null", { manifests: null }],
    ["config null", { config: null, layers: null }],
    ["everything null", { config: null, layers: null, ...NULLS }],
  ])("is an index that comes back as it was pushed: %s", async (name, fields) => {
    const tag = `index-${name.replaceAll(" ", "-")}`;
    const text = indexText([], fields);
    await put(tag, text, OCI_INDEX);
    await expectAsPushed(tag, text, OCI_INDEX);
  });

  it("is listed among the referrers, with an empty annotation; also where it is too long for a row", async () => {
    const subject = await pushImage(web(), as, "subject", newSeed());
    const fields = { subject: await descriptorOf(subject.text), annotations: { a: null, b: "c" }, layers: null };
    await put("short", await imageText(web(), as, newSeed(), fields));
    await put("long", padded(await imageText(web(), as, newSeed(), fields), 1_000_000));
    const answer = await ask(`/v2/${web()}/referrers/${subject.digest}`, { as });
    const annotations = { a: "", b: "c" };
    expect(await answer.json()).toMatchObject({ manifests: [{ annotations }, { annotations }] });
  });

  it("is in lists of tags, in a retention rule's preview, and goes", async () => {
    const subject = await pushImage(web(), as, "signed", newSeed());
    const signature = {
      artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      subject: await descriptorOf(subject.text),
      annotations: { "dev.sigstore.bundle.content": null },
      layers: null,
    };
    const digest = await put("signature", await imageText(web(), as, newSeed(), signature));
    const tags = await manage("GET", `spaces/${space}/repositories/web/tags`);
    const { items } = operations.listRepositoryTags.output.parse(await tags.json());
    expect(items.find(({ name }) => name === "signed")).toMatchObject({ signed: false });
    const rule = { repositories: ["**"], keep: { newest: 1 } };
    expect((await manage("POST", `spaces/${space}/retention-rules:preview`, rule)).status).toBe(200);
    expect((await ask(`/v2/${web()}/manifests/${digest}`, { method: "DELETE", as })).status).toBe(202);
  });

  it.each([{ layers: {} }, { layers: [null] }, { annotations: { a: 1 } }, { config: null }, { subject: "" }])(
    "is refused for another type: %j",
    async (fields) => {
      const text = await imageText(web(), as, newSeed(), fields);
      expect(await errorOf(await putManifest(web(), as, "bad", text))).toBe("400 MANIFEST_INVALID");
    },
  );
});

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { operations } from "../../src/contract/operations.ts";
import { bearerOf } from "../support/bearer.ts";
import {
  bytesOf,
  descriptorOf,
  digestOf,
  imageText,
  indexText,
  newBytes,
  newSeed,
  OCI_INDEX,
  OCI_MANIFEST,
  padded,
  pushBlob,
  pushImage,
  putManifest,
} from "../support/content.ts";
import { HARM, hideLog, keyOf, scrubAll } from "../support/damage.ts";
import { ask, makeSpace, makeToken, manage, nextSpace } from "../support/registry.ts";

hideLog();

let space = "";
let as = "";

beforeEach(async () => {
  ({ space, as } = await nextSpace("show"));
});

const web = (): string => `${space}/web`;

type Manifest = z.infer<typeof operations.getManifest.output>;

async function show(reference: string, repository = "web"): Promise<Manifest> {
  const answer = await manage("GET", `spaces/${space}/manifest?repository=${repository}&reference=${reference}`);
  expect(answer.status).toBe(200);
  return operations.getManifest.output.parse(await answer.json());
}

const indexOf = async (...texts: string[]): Promise<string> =>
  indexText(await Promise.all(texts.map((text) => descriptorOf(text))));

const problem = z.object({ code: z.string() });

async function codeOf(path: string, token?: string): Promise<string> {
  const answer = await manage("GET", `spaces/${path}`, undefined, token);
  return `${answer.status} ${problem.parse(await answer.json()).code}`;
}

const documentShape = z.looseObject({
  config: z.looseObject({ digest: z.string(), size: z.int() }),
  layers: z.array(z.looseObject({ digest: z.string(), size: z.int() })),
});
const documentOf = (text: string): z.infer<typeof documentShape> => documentShape.parse(JSON.parse(text));

const entryFor = async (text: string, architecture: string): Promise<object> => ({
  ...(await descriptorOf(text)),
  platform: { os: "linux", architecture },
});
const attestationFor = async (text: string, subject: string): Promise<object> => ({
  ...(await descriptorOf(text)),
  platform: { os: "unknown", architecture: "unknown" },
  annotations: {
    "vnd.docker.reference.type": "attestation-manifest",
    "vnd.docker.reference.digest": await digestOf(subject),
  },
});

describe("a manifest", () => {
  it("is shown by tag and by digest: its text, config and tags, and what it needs", async () => {
    const annotations = { "org.opencontainers.image.title": "<b>web</b>" };
    const { digest, text } = await pushImage(web(), as, "1.0", newSeed(), { annotations });
    await putManifest(web(), as, "latest", text);
    const { config, layers } = documentOf(text);
    const shown = await show("latest");
    expect(shown).toEqual(await show(digest));
    expect(shown).toMatchObject({
      digest,
      mediaType: OCI_MANIFEST,
      size: text.length,
      annotations,
      tags: ["1.0", "latest"],
      hasMoreTags: false,
      usedBy: [],
      attached: [],
      damage: null,
      raw: text,
      pulledAt: null,
      config: { digest: config.digest, size: config.size, omitted: null, json: { architecture: "amd64", os: "linux" } },
    });
    const sorted = [config, ...layers].toSorted((left, right) => (left.digest < right.digest ? -1 : 1));
    expect(shown.needs.toSorted((left, right) => (left.digest < right.digest ? -1 : 1))).toEqual(
      sorted.map((needed) => ({
        digest: needed.digest,
        size: needed.size,
        kind: "blob",
        contentSize: null,
        damage: null,
        sharedWith: [],
      })),
    );
    expect(Date.parse(shown.pushedAt)).toBeGreaterThan(Date.now() - 60_000);
  });

  it("is only looked at: that counts as no pull, and keeps nothing from collection", async () => {
    const { digest } = await pushImage(web(), as, "1.0", newSeed());
    await env.DB.prepare("UPDATE manifests SET marked_at = 5 WHERE digest = ?").bind(digest).run();
    await show("1.0");
    await show(digest);
    const row = await env.DB.prepare("SELECT marked_at, pulled_at FROM manifests WHERE digest = ?")
      .bind(digest)
      .first();
    expect(row).toEqual({ marked_at: 5, pulled_at: null });
  });

  it("says which of its layers other tags have, through indexes too, and never its own", async () => {
    const base = await pushBlob(web(), as, newBytes());
    const withBase = async (): Promise<string> => {
      const text = await imageText(web(), as, newSeed());
      const document = documentOf(text);
      return JSON.stringify({ ...document, layers: [base, ...document.layers] });
    };
    const [mine, sibling, other, third] = [await withBase(), await withBase(), await withBase(), await withBase()];
    for (const text of [mine, sibling, other]) await putManifest(web(), as, await digestOf(text), text);
    await putManifest(web(), as, "mine", await indexOf(mine, sibling), OCI_INDEX);
    await putManifest(web(), as, "other", await indexOf(other), OCI_INDEX);
    await putManifest(web(), as, "third", third);
    const shown = await show(await digestOf(mine));
    const shared = shown.needs.filter(({ sharedWith }) => sharedWith.length > 0);
    expect(shared.map(({ digest, sharedWith }) => [digest, sharedWith.toSorted()])).toEqual([
      [base.digest, ["other", "third"]],
    ]);
    expect(shown.usedBy).toEqual([
      { digest: await digestOf(await indexOf(mine, sibling)), mediaType: OCI_INDEX, tags: ["mine"] },
    ]);
  });

  it("as an index says what its manifests need in bytes", async () => {
    const text = await imageText(web(), as, newSeed());
    await putManifest(web(), as, await digestOf(text), text);
    const platform = { os: "linux", architecture: "arm64" };
    await putManifest(web(), as, "1.0", indexText([{ ...(await descriptorOf(text)), platform }]), OCI_INDEX);
    const { config, layers } = documentOf(text);
    const shown = await show("1.0");
    expect(shown).toMatchObject({ platforms: ["linux/arm64"], config: null });
    const needed = [text.length, config.size, ...layers.map(({ size }) => size)].reduce((sum, size) => sum + size);
    expect(shown.contentSize).toBe(shown.size + needed);
    expect(shown.needs).toEqual([
      {
        digest: await digestOf(text),
        kind: "manifest",
        size: text.length,
        contentSize: config.size + (layers[0]?.size ?? 0),
        damage: null,
        sharedWith: [],
      },
    ]);
  });

  it("says what a builder attached in the index, by platform, of the index and of each image", async () => {
    const image = await imageText(web(), as, newSeed());
    const plain = await imageText(web(), as, newSeed());
    const statement = async (type: string | null): Promise<object> => ({
      ...(await pushBlob(web(), as, newBytes())),
      mediaType: "application/vnd.in-toto+json",
      ...(type !== null && { annotations: { "in-toto.io/predicate-type": type } }),
    });
    const types = ["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"];
    const attesting = async (...layers: readonly object[]): Promise<string> =>
      JSON.stringify({ ...documentOf(await imageText(web(), as, newSeed())), layers });
    const said = await attesting(...(await Promise.all(types.map(statement))));
    const unsaid = await attesting(await statement(null));
    for (const text of [image, plain, said, unsaid]) await putManifest(web(), as, await digestOf(text), text);
    const index = indexText([
      await entryFor(image, "amd64"),
      await entryFor(plain, "arm64"),
      await attestationFor(said, image),
      await attestationFor(unsaid, plain),
    ]);
    await putManifest(web(), as, "built", index, OCI_INDEX);
    const ofImage = {
      digest: await digestOf(said),
      subject: await digestOf(image),
      platform: "linux/amd64",
      predicateTypes: expect.arrayContaining(types),
    };
    const ofPlain = {
      digest: await digestOf(unsaid),
      subject: await digestOf(plain),
      platform: "linux/arm64",
      predicateTypes: [],
    };
    expect((await show("built")).attestations).toEqual([ofImage, ofPlain]);
    expect((await show(await digestOf(image))).attestations).toEqual([ofImage]);
    expect((await show(await digestOf(plain))).attestations).toEqual([ofPlain]);
    expect((await show(await digestOf(said))).attestations).toEqual([]);
  });

  it.each([
    ["a number", "5"],
    ["true", "true"],
    ["an object", '{"a":1}'],
    ["a list", '["a"]'],
    ["half a character", String.raw`"\ud800"`],
    ["NUL", String.raw`"a\u0000b"`],
    ["nothing", '""'],
  ])("is shown, whatever a builder wrote into its annotations: %s", async (_, value) => {
    const image = await imageText(web(), as, newSeed());
    const layer = await pushBlob(web(), as, newBytes());
    const annotated = (json: string, name: string, type = '"x"'): string =>
      `{"mediaType":"application/vnd.in-toto+json",${json.slice(1, -1)},"annotations":{"${name}":${value},"vnd.docker.reference.type":${type}}}`;
    const { config, ...rest } = documentOf(await imageText(web(), as, newSeed()));
    const parts = JSON.stringify({ ...rest, config, layers: [] }).replace(
      '"layers":[]',
      `"layers":[${annotated(JSON.stringify(layer), "in-toto.io/predicate-type")}]`,
    );
    for (const text of [image, parts]) {
      expect((await putManifest(web(), as, await digestOf(text), text)).status).toBe(201);
    }
    const { mediaType: _type, ...named } = await descriptorOf(parts);
    const entry = (name: string, type: string): string =>
      annotated(JSON.stringify(named), name, type).replace("application/vnd.in-toto+json", OCI_MANIFEST);
    const attestation = '"attestation-manifest"';
    const index = indexText([await descriptorOf(image)]).replace(
      '"manifests":[',
      `"manifests":[${entry("vnd.docker.reference.digest", attestation)},${entry("vnd.docker.reference.digest", value)},`,
    );
    expect((await putManifest(web(), as, "odd", index, OCI_INDEX)).status).toBe(201);
    const good = indexText([
      await descriptorOf(image),
      {
        ...(await descriptorOf(parts)),
        annotations: {
          "vnd.docker.reference.type": "attestation-manifest",
          "vnd.docker.reference.digest": await digestOf(image),
        },
      },
    ]);
    expect((await putManifest(web(), as, "good", good, OCI_INDEX)).status).toBe(201);
    for (const reference of ["odd", "good", await digestOf(image), await digestOf(parts)]) {
      const answer = await manage("GET", `spaces/${space}/manifest?repository=web&reference=${reference}`);
      expect(`${reference} ${answer.status}`).toBe(`${reference} 200`);
    }
  });

  it("names what is attached to it by tag", async () => {
    const { digest } = await pushImage(web(), as, "1.0", newSeed());
    const signature = await pushImage(web(), as, `${digest.replace(":", "-")}.sig`, newSeed());
    await pushImage(web(), as, `${digest.replace(":", "-")}.other`, newSeed());
    expect((await show("1.0")).attached).toEqual([
      { tag: `${digest.replace(":", "-")}.sig`, digest: signature.digest },
    ]);
  });

  it("says what is damaged: a layer, the config, or the manifest itself", async () => {
    const { text } = await pushImage(web(), as, "1.0", newSeed());
    const { config, layers } = documentOf(text);
    const layer = layers[0]?.digest ?? "";
    await HARM["no object"](await keyOf(layer));
    await HARM["fewer bytes"](await keyOf(config.digest));
    // The same holds before scrub has found it.
    expect((await show("1.0")).config).toMatchObject({ json: null, omitted: "corrupt" });
    const long = padded(await imageText(web(), as, newSeed()), 1_000_000);
    await putManifest(web(), as, "long", long);
    expect((await show("long")).raw).toBe(long);
    await HARM["other bytes"](await keyOf(await digestOf(long), "manifests"));
    expect(await show("long")).toMatchObject({ damage: "corrupt", raw: null, config: null });
    await scrubAll();
    expect(await show("long")).toMatchObject({ damage: "corrupt", raw: null, tags: ["long"] });
    const shown = await show("1.0");
    expect(shown.config).toMatchObject({ json: null, omitted: "corrupt" });
    expect(shown.needs.find(({ digest }) => digest === layer)).toMatchObject({ damage: "missing" });
  });

  it("tells a long one's annotations, and leaves out a config that is long, deep or no JSON", async () => {
    const annotations = { title: "long" };
    const text = padded(await imageText(web(), as, newSeed(), { annotations }), 1_000_000);
    await putManifest(web(), as, "long", text);
    expect(await show("long")).toMatchObject({ annotations, raw: text });
    const layer = await pushBlob(web(), as, newBytes());
    const deep = `${"[".repeat(8000)}${"]".repeat(8000)}`;
    const bytes = {
      "too-large": bytesOf(4 * 1024 * 1024 + 1),
      "too-deep": new TextEncoder().encode(`{"x":${deep}}`),
      "not-text": bytesOf(50, 7),
    };
    for (const [omitted, content] of Object.entries(bytes)) {
      const config = await pushBlob(web(), as, content, "application/vnd.oci.image.config.v1+json");
      await putManifest(
        web(),
        as,
        "odd",
        JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] }),
      );
      expect((await show("odd")).config).toMatchObject({ json: null, omitted, size: content.length });
    }
  });

  it("that is not there, or in another space, is not shown", async () => {
    const { digest } = await pushImage(web(), as, "1.0", newSeed());
    for (const reference of ["2.0", `sha256:${"0".repeat(64)}`, "not a tag"]) {
      expect(await codeOf(`${space}/manifest?repository=web&reference=${encodeURIComponent(reference)}`)).toBe(
        "404 MANIFEST_UNKNOWN",
      );
    }
    expect(await codeOf(`${space}/manifest?repository=api&reference=1.0`)).toBe("404 MANIFEST_UNKNOWN");
    expect(await codeOf(`${space}/manifest?repository=..&reference=1.0`)).toBe("400 NAME_INVALID");
    expect(await codeOf(`${space}/manifest?repository=web`)).toBe("400 REQUEST_INVALID");
    const other = `${space}-other`;
    await makeSpace(other);
    const { token } = await makeToken(other, { actions: ["admin", "pull"] });
    expect(await codeOf(`${space}/manifest?repository=web&reference=${digest}`, token)).toBe("404 NAME_UNKNOWN");
    expect(await codeOf(`${other}/manifest?repository=web&reference=${digest}`, token)).toBe("404 MANIFEST_UNKNOWN");
  });
});

const page = z.object({ items: z.array(z.looseObject({ digest: z.string() })), next: z.string().nullable() });

it("referrers come in pages, and by their type", async () => {
  const { digest, text } = await pushImage(web(), as, "1.0", newSeed());
  const subject = { mediaType: OCI_MANIFEST, digest, size: text.length };
  const digests: string[] = [];
  for (const artifactType of ["a/sbom", "a/sbom", "a/signature"]) {
    const annotations = { kind: artifactType };
    digests.push(
      (await pushImage(web(), as, `r${digests.length}`, newSeed(), { subject, artifactType, annotations })).digest,
    );
  }
  const list = async (query: string): Promise<z.infer<typeof page>> =>
    page.parse(await (await manage("GET", `spaces/${space}/referrers?repository=web&digest=${digest}${query}`)).json());
  const first = await list("&limit=2");
  const second = await list(`&limit=2&cursor=${first.next}`);
  expect([...first.items, ...second.items].map((item) => item.digest)).toEqual(digests.toSorted());
  expect(second.next).toBeNull();
  expect((await list("&artifactType=a/signature")).items).toEqual([
    expect.objectContaining({ digest: digests[2], artifactType: "a/signature", annotations: { kind: "a/signature" } }),
  ]);
  expect((await show(digests[0] ?? "")).subject).toBe(digest);
});

const read = async (digest: string, repository = "web"): Promise<unknown> =>
  (await manage("GET", `spaces/${space}/blob-text?repository=${repository}&digest=${digest}`)).json();

describe("a blob's text", () => {
  it("is given where it is short and text, and else why not", async () => {
    const text = '{"spdxVersion":"SPDX-2.3","name":"ü"}';
    const sbom = await pushBlob(web(), as, new TextEncoder().encode(text));
    expect(await read(sbom.digest)).toEqual({ digest: sbom.digest, size: sbom.size, text, omitted: null });
    const binary = await pushBlob(web(), as, bytesOf(100, 3));
    expect(await read(binary.digest)).toMatchObject({ size: 100, text: null, omitted: "not-text" });
    const large = await pushBlob(web(), as, bytesOf(4 * 1024 * 1024 + 1));
    expect(await read(large.digest)).toMatchObject({ size: large.size, text: null, omitted: "too-large" });
    expect(await read(`sha256:${"0".repeat(64)}`)).toMatchObject({ size: null, text: null, omitted: "absent" });
    await HARM["no object"](await keyOf(sbom.digest));
    expect(await read(sbom.digest)).toMatchObject({ text: null, omitted: "missing" });
  });

  it("is that of its own repository: whoever knows a digest has nothing of it elsewhere", async () => {
    const secret = await pushBlob(web(), as, new TextEncoder().encode("secret"));
    await pushImage(`${space}/api`, as, "1.0", newSeed());
    expect(await read(secret.digest, "api")).toMatchObject({ text: null, omitted: "absent" });
    const { id, token } = await makeToken(space, { actions: ["admin"] });
    const path = `spaces/${space}/blob-text?repository=web&digest=${secret.digest}`;
    expect((await manage("GET", path, undefined, token)).status).toBe(200);
    await manage("DELETE", `spaces/${space}/tokens/${id}`);
    expect((await manage("GET", path, undefined, token)).status).toBe(401);
    expect(await codeOf(`${space}/blob-text?repository=web&digest=sha256:1`)).toBe("400 DIGEST_INVALID");
    // The registry's own access tokens give no access to management.
    const headers = { Authorization: `Bearer ${await bearerOf(as, `repository:${web()}:pull`)}` };
    expect((await ask(`/api/v1/${path}`, { headers })).status).toBe(401);
  });
});

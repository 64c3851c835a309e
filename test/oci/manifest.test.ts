import { describe, expect, it } from "vitest";
import { decodeManifest, type Manifest, parseManifest } from "../../src/oci/manifest.ts";

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

function digest(number: number): string {
  return `sha256:${number.toString(16).padStart(64, "0")}`;
}

const CONFIG = { mediaType: CONFIG_TYPE, digest: digest(1), size: 10 };
const LAYER = { mediaType: LAYER_TYPE, digest: digest(2), size: 20 };
const CHILD = { mediaType: OCI_MANIFEST, digest: digest(3), size: 30 };
const IMAGE = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [CHILD] };

function parseText(text: string, contentType: string | null): Manifest {
  return parseManifest(new TextEncoder().encode(text), contentType);
}

function parse(document: object, contentType: string | null = OCI_MANIFEST): Manifest {
  return parseText(JSON.stringify(document), contentType);
}

function childFor(platform: object | null): object {
  return { ...CHILD, platform };
}

const INVALID = expect.objectContaining({ kind: "MANIFEST_INVALID" });

/** Makes a manifest with a field of its own. */
const nested = (depth: number): string =>
  JSON.stringify(IMAGE).replace("{", `{"x":${"[".repeat(depth)}${"]".repeat(depth)},`);

describe("an image manifest", () => {
  it("tells what it needs and what it is", () => {
    expect(parse(IMAGE)).toEqual({
      mediaType: OCI_MANIFEST,
      artifactType: CONFIG_TYPE,
      subject: null,
      annotations: null,
      references: [
        { digest: digest(1), size: 10, kind: "blob" },
        { digest: digest(2), size: 20, kind: "blob" },
      ],
      platforms: [],
    });
  });

  it("names what it refers to twice once", () => {
    expect(parse({ ...IMAGE, layers: [LAYER, LAYER, { ...CONFIG, mediaType: LAYER_TYPE }] }).references).toHaveLength(
      2,
    );
  });

  it("may refer to sha512", () => {
    const long = `sha512:${"0".repeat(128)}`;
    expect(parse({ ...IMAGE, layers: [{ ...LAYER, digest: long }] }).references[1]?.digest).toBe(long);
  });

  it.each([
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  ])("does not need a layer of type %s", (mediaType) => {
    const foreign = { ...LAYER, digest: digest(9), mediaType, urls: ["https://169.254.169.254/"] };
    expect(parse({ ...IMAGE, layers: [foreign, LAYER] }).references.map((one) => one.digest)).toEqual([
      digest(1),
      digest(2),
    ]);
  });

  it("needs a layer that has urls but is distributable", () => {
    expect(parse({ ...IMAGE, layers: [{ ...LAYER, urls: ["https://example.com/"] }] }).references).toHaveLength(2);
  });

  it("keeps its subject, which is not a reference", () => {
    const manifest = parse({ ...IMAGE, subject: { mediaType: OCI_MANIFEST, digest: digest(7), size: 1 } });
    expect(manifest.subject).toBe(digest(7));
    expect(manifest.references).toHaveLength(2);
  });

  it("keeps its annotations", () => {
    const annotations = { "org.example": "ü 🚀", "": "" };
    expect(parse({ ...IMAGE, annotations }).annotations).toEqual(annotations);
  });

  it.each(["layers", "subject", "annotations"])("may have null for absent %s of an index", (field) => {
    expect(parse({ ...INDEX, [field]: null }, OCI_INDEX).references).toHaveLength(1);
  });

  it("may have fields of its own, everywhere", () => {
    const odd = {
      ...IMAGE,
      x: 1,
      config: { ...CONFIG, y: [] },
      layers: [{ ...LAYER, z: null, annotations: { a: "b" } }],
    };
    expect(parse(odd).references).toHaveLength(2);
  });

  it("may have a field of its own that is nested, if not very deeply", () => {
    expect(parseText(nested(99), OCI_MANIFEST).references).toHaveLength(2);
    expect(() => parseText(nested(100), OCI_MANIFEST)).toThrow("nested more than 100 levels deep");
  });
});

describe("null, as Go writes what is empty", () => {
  const ZERO = { mediaType: "", digest: "", size: 0 };

  it.each([
    ["layers null", { ...IMAGE, layers: null }],
    ["no layers", { ...IMAGE, layers: undefined }],
    ["layers empty", { ...IMAGE, layers: [] }],
    [
      "all but a config null",
      {
        ...IMAGE,
        layers: null,
        manifests: null,
        subject: null,
        annotations: null,
        artifactType: null,
        mediaType: null,
      },
    ],
  ])("is an image without layers: %s", (_, document) => {
    expect(parse(document)).toEqual({
      mediaType: OCI_MANIFEST,
      artifactType: CONFIG_TYPE,
      subject: null,
      annotations: null,
      references: [{ digest: digest(1), size: 10, kind: "blob" }],
      platforms: [],
    });
  });

  it.each([
    ["manifests null", { ...INDEX, manifests: null }],
    ["no manifests", { ...INDEX, manifests: undefined }],
    ["only a version", { schemaVersion: 2 }],
    ["config null", { ...INDEX, manifests: [], config: null }],
    ["a config without content", { ...INDEX, manifests: [], config: {} }],
    ["all null", { ...INDEX, manifests: null, layers: null, config: null, subject: null, annotations: null }],
  ])("is an index of nothing: %s", (_, document) => {
    expect(parse(document, OCI_INDEX)).toEqual({
      mediaType: OCI_INDEX,
      artifactType: null,
      subject: null,
      annotations: null,
      references: [],
      platforms: [],
    });
  });

  it.each([null, {}, ZERO, { digest: null }, { mediaType: null, digest: null, size: null, annotations: null }])(
    "is no subject: %j",
    (subject) => {
      expect(parse({ ...IMAGE, subject }).subject).toBeNull();
      expect(parse({ ...INDEX, subject }, OCI_INDEX).subject).toBeNull();
    },
  );

  it("is an empty annotation", () => {
    const text = JSON.stringify({ ...IMAGE, annotations: { a: null, b: "c" } }).replace(
      '"a":null',
      '"a":null,"__proto__":null',
    );
    const { annotations } = parseText(text, OCI_MANIFEST);
    expect(Object.entries(annotations ?? {})).toEqual([
      ["a", ""],
      ["__proto__", ""],
      ["b", "c"],
    ]);
  });

  it.each(["urls", "platform", "data", "artifactType", "annotations", "x"])("is a descriptor without %s", (field) => {
    const nulled = { ...IMAGE, layers: [{ ...LAYER, [field]: null }], config: { ...CONFIG, [field]: null } };
    expect(parse(nulled).references).toHaveLength(2);
    expect(parse({ ...INDEX, manifests: [{ ...CHILD, [field]: null }] }, OCI_INDEX).references).toHaveLength(1);
  });

  it("is a list of urls with an empty one, a platform that says nothing, an annotation of a descriptor", () => {
    expect(parse({ ...IMAGE, layers: [{ ...LAYER, urls: [null], annotations: { a: null } }] }).references).toHaveLength(
      2,
    );
    const platform = { os: null, architecture: null, variant: null, "os.version": null, "os.features": null };
    expect(parse({ ...INDEX, manifests: [{ ...CHILD, platform }] }, OCI_INDEX).platforms).toEqual([]);
  });
});

describe("Docker's schema 1", () => {
  const OLD = { schemaVersion: 1, name: "web", tag: "latest", fsLayers: [], history: [], signatures: [] };

  it.each([
    ["application/vnd.docker.distribution.manifest.v1+prettyjws", OLD],
    ["application/vnd.docker.distribution.manifest.v1+json", OLD],
    ["application/json", OLD],
    [null, OLD],
    [DOCKER_MANIFEST, OLD],
    ["application/vnd.docker.distribution.manifest.v1+prettyjws", IMAGE],
  ])("is told as such: %s", (contentType, document) => {
    expect(() => parse(document, contentType)).toThrow(
      expect.objectContaining({
        kind: "MANIFEST_INVALID",
        message: expect.stringMatching(/Docker's schema 1.*build the image again.*skopeo copy --format v2s2/),
      }),
    );
  });
});

describe("an artifact type", () => {
  it.each([
    ["its own", { ...IMAGE, artifactType: "application/x" }, OCI_MANIFEST, "application/x"],
    ["its config's where it has none", IMAGE, OCI_MANIFEST, CONFIG_TYPE],
    ["its config's where its own is empty", { ...IMAGE, artifactType: "" }, OCI_MANIFEST, CONFIG_TYPE],
    ["an index's own", { ...INDEX, artifactType: "application/x" }, OCI_INDEX, "application/x"],
    ["none for an index without one", INDEX, OCI_INDEX, null],
  ])("is %s", (_, document, type, expected) => {
    expect(parse(document, type).artifactType).toBe(expected);
  });
});

describe("an index", () => {
  it("needs its children, manifests or blobs", () => {
    expect(parse(INDEX, OCI_INDEX).references).toEqual([{ digest: digest(3), size: 30, kind: "any" }]);
  });

  it("may be empty, as an image may have no layers", () => {
    expect(parse({ ...INDEX, manifests: [] }, OCI_INDEX).references).toEqual([]);
    expect(parse({ ...IMAGE, layers: [] }).references).toHaveLength(1);
  });

  it("or an image may be Docker's", () => {
    expect(parse({ ...INDEX, mediaType: DOCKER_LIST }, DOCKER_LIST).mediaType).toBe(DOCKER_LIST);
    expect(parse({ ...IMAGE, mediaType: DOCKER_MANIFEST }, DOCKER_MANIFEST).mediaType).toBe(DOCKER_MANIFEST);
  });

  it("lists its platforms once each, in order", () => {
    const platforms = [
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm", variant: "v7" },
      { os: "linux", architecture: "amd64", "os.features": ["sse4"] },
      { os: "linux" },
      // Builders mark attestations like this.
      { os: "unknown", architecture: "unknown" },
      null,
    ];
    const manifests = platforms.map(childFor);
    expect(parse({ ...INDEX, manifests }, OCI_INDEX).platforms).toEqual(["linux/amd64", "linux/arm/v7"]);
  });

  it("lists its first hundred platforms", () => {
    const platforms = Array.from({ length: 101 }, (_, index) => ({ os: "linux", architecture: `a${index}` }));
    const manifests = platforms.map(childFor);
    expect(parse({ ...INDEX, manifests }, OCI_INDEX).platforms).toHaveLength(100);
  });

  it("may have 10,000 children and no more", () => {
    const manifests = Array.from({ length: 10_000 }, (_, index) => ({ ...CHILD, digest: digest(index) }));
    expect(parse({ ...INDEX, manifests }, OCI_INDEX).references).toHaveLength(10_000);
    const more = [...manifests, { ...CHILD, digest: digest(10_000) }];
    expect(() => parse({ ...INDEX, manifests: more }, OCI_INDEX)).toThrow(INVALID);
  });
});

describe("a Content-Type", () => {
  it.each([
    ["has parameters", `${OCI_MANIFEST}; charset=utf-8`],
    ["has parameters without a blank", `${OCI_MANIFEST};charset=utf-8`],
    ["is in upper case", OCI_MANIFEST.toUpperCase()],
  ])("is understood where it %s", (_, contentType) => {
    expect(parse(IMAGE, contentType).mediaType).toBe(OCI_MANIFEST);
  });

  it.each([null, "", " ; charset=utf-8"])("gives way to the mediaType where it is %j", (contentType) => {
    expect(parse(INDEX, contentType).mediaType).toBe(OCI_INDEX);
  });

  it.each([{ mediaType: undefined }, { mediaType: null }, { mediaType: "" }])(
    "stands in for a mediaType that is missing: %j",
    (field) => {
      expect(parse({ ...IMAGE, ...field }, DOCKER_MANIFEST).mediaType).toBe(DOCKER_MANIFEST);
    },
  );

  it.each([
    ["text/html", undefined],
    ["application/json", undefined],
    ["application/octet-stream", OCI_MANIFEST],
    ["application/vnd.docker.distribution.manifest.v1+prettyjws", undefined],
    ["application/vnd.docker.distribution.manifest.v1+json", undefined],
    ["application/vnd.oci.artifact.manifest.v1+json", undefined],
    ["__proto__", undefined],
    ["toString", undefined],
    [null, undefined],
    [null, "text/html"],
    [OCI_MANIFEST, DOCKER_MANIFEST],
    [OCI_MANIFEST, OCI_INDEX],
    [OCI_MANIFEST, OCI_MANIFEST.toUpperCase()],
    [OCI_MANIFEST, `${OCI_MANIFEST}; charset=utf-8`],
  ])("is refused as %s where the mediaType is %s", (contentType, mediaType) => {
    expect(() => parse({ ...IMAGE, mediaType }, contentType)).toThrow(INVALID);
  });
});

describe("what is not a manifest", () => {
  const bad: readonly (readonly [string, object])[] = [
    ["schemaVersion 1", { ...IMAGE, schemaVersion: 1 }],
    ["Docker's schema 1", { schemaVersion: 1, name: "web", tag: "latest", fsLayers: [], history: [] }],
    ["schemaVersion as text", { ...IMAGE, schemaVersion: "2" }],
    ["no schemaVersion", { ...IMAGE, schemaVersion: undefined }],
    ["both layers and manifests", { ...IMAGE, manifests: [CHILD] }],
    ["both layers and an empty manifests", { ...IMAGE, manifests: [] }],
    ["manifests instead of layers", { ...INDEX, mediaType: OCI_MANIFEST }],
    ["no config", { ...IMAGE, config: undefined }],
    ["config null", { ...IMAGE, config: null }],
    ["config without content", { ...IMAGE, config: {} }],
    ["layers an object", { ...IMAGE, layers: {} }],
    ["a layer that is null", { ...IMAGE, layers: [null] }],
    ["config a list", { ...IMAGE, config: [CONFIG] }],
    ["a descriptor without a digest", { ...IMAGE, config: { ...CONFIG, digest: undefined } }],
    ["a descriptor with a bad digest", { ...IMAGE, config: { ...CONFIG, digest: "sha256:1" } }],
    ["a descriptor without a size", { ...IMAGE, config: { ...CONFIG, size: undefined } }],
    ["a negative size", { ...IMAGE, config: { ...CONFIG, size: -1 } }],
    ["a fractional size", { ...IMAGE, config: { ...CONFIG, size: 1.5 } }],
    ["a size past what a number can count", { ...IMAGE, config: { ...CONFIG, size: 2 ** 53 } }],
    ["a size as text", { ...IMAGE, config: { ...CONFIG, size: "10" } }],
    ["a descriptor without a mediaType", { ...IMAGE, config: { ...CONFIG, mediaType: undefined } }],
    ["a mediaType of 256 characters", { ...IMAGE, config: { ...CONFIG, mediaType: "a".repeat(256) } }],
    ["an artifactType of 256 characters", { ...IMAGE, artifactType: "a".repeat(256) }],
    ["two sizes for one layer", { ...IMAGE, layers: [LAYER, { ...LAYER, size: 21 }] }],
    ["two sizes for a layer that is the config", { ...IMAGE, layers: [{ ...LAYER, digest: CONFIG.digest }] }],
    ["a subject without a digest", { ...IMAGE, subject: { mediaType: OCI_MANIFEST, size: 1 } }],
    ["a subject that is text", { ...IMAGE, subject: digest(1) }],
    ["annotations with a number", { ...IMAGE, annotations: { a: 1 } }],
    ["a subject that is an empty list", { ...IMAGE, subject: [] }],
    ["a subject that is false", { ...IMAGE, subject: false }],
    ["a subject with only a size", { ...IMAGE, subject: { size: 3 } }],
    ["urls as a text", { ...IMAGE, layers: [{ ...LAYER, urls: "" }] }],
    ["a platform as a list", { ...IMAGE, layers: [{ ...LAYER, platform: [] }] }],
    ["an artifactType that is a number", { ...IMAGE, artifactType: 0 }],
    ["annotations with a list", { ...IMAGE, annotations: { a: [] } }],
    ["annotations as a list", { ...IMAGE, annotations: ["a"] }],
  ];

  it.each(bad)("is refused: %s", (_, document) => {
    expect(() => parse(document)).toThrow(INVALID);
  });

  const badIndexes: readonly (readonly [string, object])[] = [
    ["manifests an object", { ...INDEX, manifests: {} }],
    ["manifests a text", { ...INDEX, manifests: "" }],
    ["a child that is null", { ...INDEX, manifests: [null] }],
    ["config a text", { ...INDEX, config: "" }],
    ["config a list", { ...INDEX, config: [] }],
    ["layers beside manifests", { ...INDEX, layers: [LAYER] }],
    ["empty layers beside manifests", { ...INDEX, layers: [] }],
    ["a config beside manifests", { ...INDEX, config: CONFIG }],
    ["layers and config instead of manifests", { ...IMAGE, mediaType: OCI_INDEX }],
    ["two sizes for one child", { ...INDEX, manifests: [CHILD, { ...CHILD, size: 31 }] }],
    ["a platform with a number", { ...INDEX, manifests: [{ ...CHILD, platform: { os: 1, architecture: "amd64" } }] }],
    ["a platform of 257 characters", { ...INDEX, manifests: [{ ...CHILD, platform: { os: "o".repeat(257) } }] }],
  ];

  it.each(badIndexes)("is refused as an index: %s", (_, document) => {
    expect(() => parse(document, OCI_INDEX)).toThrow(INVALID);
  });

  it.each(["", " ", "{", "nul", "null", "[]", "1", '"text"', "{}", `${JSON.stringify(IMAGE)}}`, "{'a':1}", "NaN"])(
    "is refused as text: %j",
    (text) => {
      expect(() => parseText(text, OCI_MANIFEST)).toThrow(INVALID);
    },
  );

  it("is refused with an unending nesting", () => {
    expect(() => parseText("[".repeat(1_000_000), OCI_MANIFEST)).toThrow(INVALID);
    expect(() => parseText('{"layers":'.repeat(100_000), OCI_MANIFEST)).toThrow(INVALID);
  });

  it("is refused with a byte order mark", () => {
    expect(() => parseText(`\u{FEFF}${JSON.stringify(IMAGE)}`, OCI_MANIFEST)).toThrow(INVALID);
  });

  it("is told in a bounded message, however much is wrong", () => {
    const layers = Array.from({ length: 10_000 }, () => ({ digest: "x" }));
    expect(() => parse({ ...IMAGE, layers })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^[^]{1,1100}$/) }),
    );
  });
});

describe("the bytes as text", () => {
  it.each([
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["a cut sequence", [0x22, 0xe2, 0x82, 0x22]],
    ["an overlong NUL", [0x22, 0xc0, 0x80, 0x22]],
    ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00]],
  ])("are refused with %s", (_, bytes) => {
    expect(() => parseManifest(new Uint8Array(bytes), OCI_MANIFEST)).toThrow(INVALID);
  });

  it("give the same bytes back", () => {
    const text = `\t{ "a" : "é🚀\\u0000\\ud800" }\r\n`;
    const bytes = new TextEncoder().encode(text);
    expect(new TextEncoder().encode(decodeManifest(bytes))).toEqual(bytes);
  });

  it("keep a byte order mark", () => {
    expect(decodeManifest(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b]))).toBe("\u{FEFF}{");
  });
});

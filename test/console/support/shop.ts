import { randomBytes } from "node:crypto";
import type { Access } from "../../../harness/live/ask.ts";
import { OCI_INDEX } from "../../../harness/images.ts";
import { attach, type Descriptor, pushBlob, pushDocument, pushImage, pushJson } from "./content.ts";

/** A repository as a team has it: two versions of an image for two platforms, signed and with SBOMs, a chart, and oddities. */

export const HOSTILE = `<img src=x onerror="document.title='owned'"> \u202Egnp.exe`;

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(length));

/** Makes an SBOM of Debian packages, by their names and versions. */
export const spdx = (packages: Readonly<Record<string, string>>): object => ({
  spdxVersion: "SPDX-2.3",
  name: "web",
  creationInfo: { created: "2026-01-02T03:04:05Z", creators: ["Tool: syft-1.2", "Organization: acme"] },
  packages: Object.entries(packages).map(([name, versionInfo]) => ({
    name,
    versionInfo,
    licenseConcluded: "MIT",
    externalRefs: [{ referenceType: "purl", referenceLocator: `pkg:deb/debian/${name}@${versionInfo}` }],
  })),
});

const config = (architecture: string, version: string, history: readonly object[]): object => ({
  architecture,
  os: "linux",
  created: "2026-01-02T03:04:05Z",
  config: {
    Env: ["PATH=/usr/local/bin:/usr/bin", `VERSION=${version}`, "EQUATION=a=b"],
    Entrypoint: ["/bin/app", "--greeting", "hello world"],
    Cmd: ["serve"],
    User: "1000:1000",
    WorkingDir: "/srv",
    ExposedPorts: { "8080/tcp": {} },
    Labels: { "org.opencontainers.image.source": "https://git.example.com/acme/web", version },
  },
  history,
});

const HISTORY = [
  { created_by: "/bin/sh -c #(nop) ADD file:1 in / " },
  { created_by: '/bin/sh -c #(nop)  CMD ["bash"]', empty_layer: true },
  { created_by: "RUN |1 VERSION=1.1 /bin/sh -c apt-get update && apt-get install -y nginx # buildkit" },
  { created_by: "COPY app /srv # buildkit" },
];

export interface Shop {
  /** The images of version 1.1, by platform, and its index. */
  readonly amd64: Descriptor;
  readonly arm64: Descriptor;
  readonly index: Descriptor;
  readonly base: Descriptor;
}

/** Fills the repository with the tags `1.0` and `1.1`. */
export async function fillShop(access: Access, repository: string): Promise<Shop> {
  const base = await pushBlob(access, repository, bytes(60_000));
  const version = async (
    tag: string,
    platforms: readonly string[],
  ): Promise<readonly [Descriptor, readonly Descriptor[]]> => {
    const images: Descriptor[] = [];
    for (const architecture of platforms) {
      const layers = [
        base,
        await pushBlob(access, repository, bytes(30_000)),
        await pushBlob(access, repository, bytes(5000)),
      ];
      images.push(
        await pushImage(access, repository, { tag: null, layers, config: config(architecture, tag, HISTORY) }),
      );
    }
    const manifests = images.map((image, index) => ({
      ...image,
      platform: { os: "linux", architecture: platforms[index] },
    }));
    const document = { manifests, annotations: { "org.opencontainers.image.version": tag } };
    return [await pushDocument(access, repository, { tag, document, mediaType: OCI_INDEX }), images];
  };
  const [, [before]] = await version("1.0", ["amd64"]);
  const [index, [amd64, arm64]] = await version("1.1", ["amd64", "arm64"]);
  if (!before || !amd64 || !arm64) throw new Error("the shop is not complete");
  const type = "application/spdx+json";
  await attach(access, repository, before, { type, value: spdx({ nginx: "1.27.0", openssl: "3.0.1", zlib: "1.3" }) });
  await attach(access, repository, amd64, { type, value: spdx({ nginx: "1.28.0", openssl: "3.0.1", curl: "8.9" }) });
  await attach(access, repository, amd64, {
    type: "application/vnd.in-toto+json",
    value: provenance(amd64.digest),
    annotations: { "org.opencontainers.image.created": "2026-01-02T03:04:05Z" },
  });
  await attach(access, repository, amd64, { type: "application/vnd.acme.scan+json", value: SCAN });
  await sign(access, repository, amd64);
  return { amd64, arm64, index, base };
}

function provenance(digest: string): object {
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "web", digest: { sha256: digest.slice("sha256:".length) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://build.example.com/v1",
        resolvedDependencies: [{ uri: "pkg:docker/debian@12" }],
      },
      runDetails: { builder: { id: "https://ci.example.com/runner" } },
    },
  };
  const payload = Buffer.from(JSON.stringify(statement)).toString("base64");
  return { payloadType: "application/vnd.in-toto+json", payload, signatures: [{ sig: "c2ln" }] };
}

const SCAN = {
  SchemaVersion: 2,
  Results: [
    {
      Target: "web",
      Vulnerabilities: [
        { VulnerabilityID: "CVE-2026-0001", PkgName: "nginx", Severity: "CRITICAL", Title: "a bad one" },
        { VulnerabilityID: "CVE-2026-0002", PkgName: "curl", Severity: "LOW", Title: "a small one" },
      ],
    },
  ],
};

/** Signs as cosign does without referrers. */
async function sign(access: Access, repository: string, { digest }: Descriptor): Promise<void> {
  const type = "application/vnd.dev.cosign.simplesigning.v1+json";
  const layer = await pushJson(access, repository, { critical: { image: { "docker-manifest-digest": digest } } }, type);
  const layers = [{ ...layer, annotations: { "dev.cosignproject.cosign/signature": "c2ln" } }];
  await pushImage(access, repository, { tag: `${digest.replace(":", "-")}.sig`, layers, config: {} });
}

const AT_A_TIME = 20;

/** Pushes an image of so many layers, with commands of every length. */
export async function pushTall(access: Access, repository: string, tag: string, height: number): Promise<Descriptor> {
  const layers: Descriptor[] = [];
  for (let begun = 0; begun < height; begun += AT_A_TIME) {
    const sizes = Array.from({ length: Math.min(AT_A_TIME, height - begun) }, (_, index) => 50 + (begun + index) * 20);
    layers.push(...(await Promise.all(sizes.map((size) => pushBlob(access, repository, bytes(size))))));
  }
  const history = layers.map((_, index) => ({ created_by: `RUN step ${index + 1} ${"x".repeat(index * 3)}` }));
  return pushImage(access, repository, { tag, layers, config: { architecture: "amd64", os: "linux", history } });
}

/** Pushes an image whose author means harm. */
export async function pushHostile(access: Access, repository: string, tag: string): Promise<Descriptor> {
  const layers = [await pushBlob(access, repository, bytes(500))];
  const labels = {
    [HOSTILE]: HOSTILE,
    link: "javascript:alert(1)",
    site: "see https://evil.example.com/<b>.",
    long: "y".repeat(5000),
  };
  const evil = {
    architecture: HOSTILE,
    os: "linux",
    created: HOSTILE,
    config: { Env: [HOSTILE, 7, null], Labels: labels, Entrypoint: "not a list", Cmd: { a: 1 }, ExposedPorts: [] },
    history: [{ created_by: `RUN ${HOSTILE}` }, "nothing", { empty_layer: "yes" }],
  };
  return pushImage(access, repository, { tag, layers, config: evil, more: { annotations: { [HOSTILE]: HOSTILE } } });
}

export async function pushChart(access: Access, repository: string, version: string): Promise<Descriptor> {
  const meta = { apiVersion: "v2", name: "web", version, appVersion: "1.1", description: "Serves the web." };
  const chart = await pushJson(access, repository, meta, "application/vnd.cncf.helm.config.v1+json");
  const layers = [
    await pushBlob(access, repository, bytes(900), "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
  ];
  return pushDocument(access, repository, { tag: version, document: { config: chart, layers } });
}

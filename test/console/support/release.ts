import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { writeRandomTree } from "../../clients/support/content.ts";
import { push } from "../../clients/support/docker.ts";
import { buildkitEngine, dockerEngine } from "../../clients/support/engine.ts";
import * as helm from "../../clients/support/helm.ts";
import { type Home, openHome } from "../../clients/support/home.ts";
import { scratch } from "../../clients/support/scratch.ts";
import * as skopeo from "../../clients/support/skopeo.ts";
import type { Space } from "../../../harness/live/space.ts";
import { spdx } from "./shop.ts";

/** The releases of a team, made by the clients that teams use: BuildKit, cosign, oras, skopeo, helm and Docker. */

const KEY = { COSIGN_PASSWORD: "for the test only" };
/** Options for work without a transparency log. */
const OFFLINE = ["--use-signing-config=false", "--tlog-upload=false", "--yes"];

const index = z.object({
  manifests: z.array(z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }) })),
});

interface Version {
  /** The digest of its index. */
  readonly digest: string;
  /** The digest of the image for linux/amd64. */
  readonly amd64: string;
}

export interface Release {
  readonly before: Version;
  readonly after: Version;
}

const DOCKERFILE = `
FROM scratch
ARG VERSION
LABEL org.opencontainers.image.source=https://git.example.com/acme/web version=$VERSION
ENV VERSION=$VERSION EQUATION=a=b
COPY base /srv/base
COPY app /srv/app
WORKDIR /srv
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["/srv/app", "--greeting", "hello world"]
`;

const PACKAGES_BEFORE = { nginx: "1.27.0", openssl: "3.0.1", zlib: "1.3" };
const PACKAGES_AFTER = { nginx: "1.28.0", openssl: "3.0.1", curl: "8.9" };

const PROVENANCE = {
  buildDefinition: {
    buildType: "https://build.example.com/v1",
    externalParameters: {},
    resolvedDependencies: [{ uri: "git+https://git.example.com/acme/web@refs/tags/1.1.0" }],
  },
  runDetails: { builder: { id: "https://ci.example.com/runner" } },
};

const CYCLONE_DX = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  metadata: { component: { type: "application", name: "web" }, tools: { components: [{ name: "cdxgen" }] } },
  components: [{ type: "library", name: "left-pad", version: "1.3.0", purl: "pkg:npm/left-pad@1.3.0" }],
};

/**
 * Fills a space:
 * - `team/web`: versions 1.0.0 and 1.1.0, built by BuildKit for two platforms, with provenance. An SBOM of each is attested; the second
 *   is signed, its build is attested, and its image for linux/amd64 has an SBOM of its own.
 * - `copies/web`: the second with all that is attached to it, copied by oras.
 * - `mirror/web`: the second alone, copied by skopeo, and signed in cosign's older form.
 * - `charts/web`: a Helm chart.
 * - `classic`: an image that Docker's engine built and pushed.
 */
export async function release(space: Space): Promise<Release> {
  const [buildkit, docker] = [buildkitEngine(), dockerEngine()];
  const home = await openHome({ ...KEY, DOCKER_HOST: docker.address, DOCKER_BUILDKIT: "0" });
  try {
    await Promise.all([buildkit.start(`[registry."${space.host}"]\n  http = true\n`), docker.start("{}")]);
    const password = await space.token("pull", "push");
    // BuildKit, cosign, oras and Docker read crane's login.
    await home.run("crane", ["auth", "login", space.host, "--username", "ci", "--password-stdin"], password);
    await skopeo.login(home, space.host, password);
    await helm.login(home, space.host, password);
    await home.run("buildx", ["create", "--use", "--driver", "remote", buildkit.address]);
    await home.run("cosign", ["generate-key-pair"]);
    const released = await releaseWeb(home, space.repository("team/web"));
    await copy(home, space, released.after);
    const chart = helm.chartOf(space.repository("charts/web:0.3.1"));
    await home.run("helm", ["push", "--plain-http", await helm.makeChart(home, chart), `oci://${chart.parent}`]);
    await buildClassic(home, space.repository("classic:1.0"));
    return released;
  } finally {
    await Promise.all([buildkit.stop(), docker.stop()]);
    await home.remove();
  }
}

async function releaseWeb(home: Home, repository: string): Promise<Release> {
  const context = scratch(home);
  await writeRandomTree(join(context, "base"), [300_000]);
  const before = await build(home, context, `${repository}:1.0.0`);
  const after = await build(home, context, `${repository}:1.1.0`);
  await attest(home, `${repository}@${before.digest}`, "spdxjson", spdx(PACKAGES_BEFORE));
  const image = `${repository}@${after.digest}`;
  await attest(home, image, "spdxjson", spdx(PACKAGES_AFTER));
  await attest(home, image, "slsaprovenance1", PROVENANCE);
  await sign(home, image);
  await attach(home, `${repository}@${after.amd64}`, CYCLONE_DX);
  return { before, after };
}

/** Builds the content of the directory for two platforms, and pushes it. */
async function build(home: Home, context: string, name: string): Promise<Version> {
  const version = name.slice(name.lastIndexOf(":") + 1);
  await writeFile(join(context, "app"), `#!/bin/sh\necho ${version}\n`);
  await writeFile(join(context, "Dockerfile"), DOCKERFILE);
  const platforms = ["--platform", "linux/amd64,linux/arm64", "--provenance", "mode=max"];
  await home.run("buildx", [
    "build",
    ...platforms,
    "--build-arg",
    `VERSION=${version}`,
    "--push",
    "--tag",
    name,
    context,
  ]);
  const raw = await home.run("crane", ["manifest", name]);
  const { manifests } = index.parse(JSON.parse(raw));
  const amd64 = manifests.find(({ platform }) => platform.architecture === "amd64");
  if (amd64 === undefined) throw new Error(`${name} is not for amd64: ${raw}`);
  return { digest: (await home.run("crane", ["digest", name])).trim(), amd64: amd64.digest };
}

async function sign(home: Home, image: string, ...flags: readonly string[]): Promise<void> {
  await home.run("cosign", ["sign", "--key", home.path("cosign.key"), ...OFFLINE, ...flags, image]);
}

async function attest(home: Home, image: string, type: string, predicate: object): Promise<void> {
  const path = scratch(home);
  await writeFile(path, JSON.stringify(predicate));
  const what = ["--type", type, "--predicate", path];
  await home.run("cosign", ["attest", "--key", home.path("cosign.key"), ...OFFLINE, ...what, image]);
}

async function attach(home: Home, image: string, sbom: object): Promise<void> {
  await writeFile(home.path("bom.json"), JSON.stringify(sbom));
  const type = "application/vnd.cyclonedx+json";
  await home.run("oras", ["attach", "--plain-http", "--artifact-type", type, image, `bom.json:${type}`]);
}

async function copy(home: Home, space: Space, { digest }: Version): Promise<void> {
  const source = space.repository(`team/web@${digest}`);
  const plain = ["--from-plain-http", "--to-plain-http"];
  await home.run("oras", ["copy", "--recursive", ...plain, source, space.repository("copies/web:1.1.0")]);
  const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  const mirror = space.repository("mirror/web");
  const names = [`docker://${source}`, `docker://${mirror}:1.1.0`];
  await home.run("skopeo", ["copy", "--all", "--preserve-digests", ...tls, ...names]);
  await sign(home, `${mirror}@${digest}`, "--new-bundle-format=false");
}

async function buildClassic(home: Home, name: string): Promise<void> {
  const context = scratch(home);
  await writeRandomTree(context, [5000]);
  await writeFile(
    join(context, "Dockerfile"),
    'FROM scratch\nCOPY file-0 /srv/\nENV CLASSIC=yes\nCMD ["/srv/file-0"]\n',
  );
  await home.run("docker", ["build", "--tag", name, context]);
  await push(home, name);
}

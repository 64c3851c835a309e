import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Access } from "../../harness/live/ask.ts";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole } from "./support/browser.ts";
import { OCI_INDEX } from "../../harness/images.ts";
import { jsonBytes, pushBlob, pushDocument, pushJson } from "./support/content.ts";
import { fillShop, HOSTILE, pushChart, pushHostile, pushTall, type Shop } from "./support/shop.ts";

const { registry, open } = useConsole();

const shown = z.looseObject({ needs: z.array(z.looseObject({ digest: z.string() })) });
type Shown = z.infer<typeof shown>;

let space: Space;
let keeper: string;
let access: Access;
let shop: Shop;

beforeAll(async () => {
  space = await openSpace(registry, "console-manifest");
  keeper = await registry.createToken(space.name, { actions: ["pull", "push", "delete", "admin"] });
  access = { url: registry.url, secret: keeper };
  shop = await fillShop(access, `${space.name}/team/web`);
});

const pathOf = (reference: string, repository = "team/web"): string =>
  `/spaces/${space.name}/repositories/${encodeURIComponent(repository)}/manifests/${encodeURIComponent(reference)}`;

async function look(path: string, opening = {}) {
  const console = await open(opening);
  await console.signIn(keeper);
  await console.goTo(path);
  await console.page.getByText("Digest", { exact: true }).first().waitFor();
  return console;
}

describe("an index", () => {
  it("shows its platforms, which lead to their images, and back", async () => {
    const { page, checkAccessibility, pasted } = await look(pathOf("1.1"));
    expect(await page.title()).toBe("team/web:1.1 · Spacedock");
    await page.getByText("Image for several platforms").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Copy commands to pull it" }).click();
    const name = `${registry.host}/${space.name}/team/web`;
    expect(await pasted()).toBe(`docker pull ${name}:1.1\ndocker pull ${name}@${shop.index.digest}`);
    await page.getByRole("link", { name: "linux/arm64" }).click();
    await page.getByText("Image for linux/arm64").waitFor();
    expect(decodeURIComponent(page.url())).toContain(shop.arm64.digest);
    await page.getByRole("link", { name: "1.1", exact: true }).click();
    await page.getByText("Image for several platforms").waitFor();
    await page.getByRole("link", { name: "team/web", exact: true }).click();
    await page.getByRole("heading", { name: "team/web" }).waitFor();
  });
});

describe("an image", () => {
  it("shows its layers with their commands, and which of them other tags have", async () => {
    const { page, checkAccessibility } = await look(pathOf(shop.amd64.digest));
    const layers = page.getByRole("list", { name: "Layers" }).getByRole("listitem");
    expect(await layers.count()).toBe(4);
    expect(await layers.nth(0).textContent()).toContain("ADD file:1 in /");
    expect(await layers.nth(0).textContent()).toContain("also in 1.0");
    expect(await layers.nth(1).textContent()).toContain('CMD ["bash"]');
    expect(await layers.nth(2).textContent()).toContain("RUN apt-get update && apt-get install -y nginx");
    expect(await layers.nth(2).textContent()).not.toContain("also in");
    await page.getByText("in 1 shared with other tags").waitFor();
    await checkAccessibility();
  });

  it("shows how it runs, at an address of its own", async () => {
    const { page, checkAccessibility } = await look(pathOf(shop.amd64.digest), { viewport: PHONE });
    await checkAccessibility();
    await page.getByRole("tab", { name: "Configuration" }).click();
    expect(new URL(page.url()).searchParams.get("view")).toBe("config");
    await page.reload();
    await page.getByRole("row", { name: "EQUATION a=b" }).waitFor();
    await page.getByText("/bin/app --greeting 'hello world'").waitFor();
    await page.getByText("8080/tcp").waitFor();
    await page.getByText("1000:1000").waitFor();
    const source = page.getByRole("link", { name: "https://git.example.com/acme/web" });
    expect(await source.getAttribute("rel")).toBe("noopener noreferrer");
    await checkAccessibility();
  });

  it("shows its text, and gives exactly that", async () => {
    const { page, checkAccessibility, pasted } = await look(`${pathOf(shop.amd64.digest)}?view=raw`);
    expect(await page.getByLabel("manifest", { exact: true }).textContent()).toContain('  "schemaVersion": 2');
    await page.getByRole("button", { name: "Copy manifest" }).click();
    await page.getByText("Copied").waitFor({ state: "attached" });
    expect(new TextEncoder().encode(await pasted()).length).toBe(shop.amd64.size);
    await checkAccessibility();
  });

  it("shows what is attached, to be read: an SBOM, a statement, a scan, a signature", async () => {
    const { page, checkAccessibility } = await look(`${pathOf(shop.amd64.digest)}?view=attached`);
    for (const title of ["SBOM (SPDX)", "Attestation (in-toto)", "Scan report", "Signature (cosign)"]) {
      await page.getByRole("heading", { name: title }).waitFor();
    }
    await page.getByRole("button", { name: "Read SBOM (SPDX)" }).click();
    await page.getByRole("row", { name: "nginx 1.28.0 deb MIT" }).waitFor();
    await page.getByRole("searchbox", { name: "Search packages" }).fill("curl");
    await page.getByRole("row", { name: "nginx 1.28.0 deb MIT" }).waitFor({ state: "detached" });
    await checkAccessibility();
    await page.getByRole("button", { name: "Hide SBOM (SPDX)" }).click();
    await page.getByRole("button", { name: "Read Attestation (in-toto)" }).click();
    await page.getByText("https://slsa.dev/provenance/v1").first().waitFor();
    await page.getByText("yes; the registry does not verify it").waitFor();
    await page.getByRole("row", { name: "1 pkg:docker/debian@12" }).waitFor();
    await page.getByRole("button", { name: "Hide Attestation (in-toto)" }).click();
    await page.getByRole("button", { name: "Read Scan report" }).click();
    await page.getByText("1 critical, 1 low").waitFor();
    expect(await page.getByRole("row").nth(1).textContent()).toContain("CVE-2026-0001");
    await checkAccessibility();
    await page.getByRole("button", { name: "Read Signature (cosign)" }).click();
    await page.getByText("docker-manifest-digest").waitFor();
  });

  it("without anything attached says how to attach it", async () => {
    const { page, checkAccessibility } = await look(`${pathOf(shop.arm64.digest)}?view=attached`);
    await page.getByRole("heading", { name: "Nothing is attached" }).waitFor();
    expect(await page.getByLabel("commands to attach something", { exact: true }).textContent()).toContain(
      `cosign sign ${registry.host}/${space.name}/team/web@${shop.arm64.digest}`,
    );
    await checkAccessibility();
  });

  it("with a builder's attestations shows those", async () => {
    const repository = `${space.name}/built`;
    const image = await pushTall(access, repository, "image", 1);
    const statement = {
      _type: "https://in-toto.io/Statement/v0.1",
      predicateType: "https://cyclonedx.org/bom",
      subject: [],
      predicate: {
        bomFormat: "CycloneDX",
        components: [{ name: "left-pad", version: "1.3.0", purl: "pkg:npm/left-pad@1.3.0" }],
      },
    };
    const layers = [await pushJson(access, repository, statement, "application/vnd.in-toto+json")];
    const config = await pushJson(access, repository, {}, "application/vnd.oci.image.config.v1+json");
    const attestation = await pushDocument(access, repository, { tag: null, document: { config, layers } });
    const annotations = {
      "vnd.docker.reference.type": "attestation-manifest",
      "vnd.docker.reference.digest": image.digest,
    };
    const manifests = [
      { ...image, platform: { os: "linux", architecture: "amd64" } },
      { ...attestation, platform: { os: "unknown", architecture: "unknown" }, annotations },
    ];
    await pushDocument(access, repository, { tag: "1.0", document: { manifests }, mediaType: OCI_INDEX });
    const { page } = await look(pathOf("1.0", "built"));
    await page.getByRole("link", { name: "Attestation for linux/amd64" }).waitFor();
    await page.getByRole("link", { name: "linux/amd64", exact: true }).click();
    await page.getByRole("tab", { name: "Attached" }).click();
    await page.getByRole("button", { name: "Read Attestations of the builder" }).click();
    const row = page.getByRole("row").filter({ hasText: "left-pad" });
    expect(await row.textContent()).toBe("left-pad1.3.0npm");
  });

  it("of 300 layers stays readable, on a phone too", async () => {
    await pushTall(access, `${space.name}/tall`, "1.0", 300);
    const { page } = await look(pathOf("1.0", "tall"), { viewport: PHONE });
    await page.getByText("300 layers,").waitFor();
    expect(await page.getByRole("list", { name: "Layers" }).getByRole("listitem").count()).toBe(300);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    // A long command opens.
    await page.getByText("RUN step 300").first().click();
    await page.getByText("x".repeat(897)).waitFor();
  });

  it("of somebody who wishes ill is text, and nothing else", async () => {
    await pushHostile(access, `${space.name}/hostile`, "1.0");
    const { page, checkAccessibility } = await look(pathOf("1.0", "hostile"));
    await page.getByText(`RUN ${HOSTILE}`).waitFor();
    await page.getByRole("tab", { name: "Configuration" }).click();
    await page.getByRole("rowheader", { name: HOSTILE }).first().waitFor();
    const links = await page.getByRole("tabpanel").getByRole("link").all();
    expect(await Promise.all(links.map((link) => link.getAttribute("href")))).toEqual(["https://evil.example.com/"]);
    expect(await page.title()).toBe("hostile:1.0 · Spacedock");
    expect(await page.locator("img").count()).toBe(0);
    await checkAccessibility();
  });
});

describe("damage", () => {
  it("is told: of a layer at its place, and of the manifest in place of it", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(keeper);
    let harm: (manifest: Shown) => object = (manifest) => ({
      ...manifest,
      needs: manifest.needs.map((need) =>
        Object.assign(need, need.digest === shop.base.digest && { damage: "missing" }),
      ),
    });
    await page.route("**/manifest?*", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: harm(shown.parse(await answer.json())) });
    });
    await goTo(pathOf(shop.amd64.digest));
    await page.getByRole("alert").getByText("A part of this image cannot be pulled").waitFor();
    const layers = page.getByRole("list", { name: "Layers" }).getByRole("listitem");
    expect(await layers.nth(0).textContent()).toContain("missing");
    await checkAccessibility();
    harm = (manifest) => ({ ...manifest, damage: "corrupt", raw: null, config: null });
    await page.reload();
    await page.getByRole("alert").getByText("copy of this manifest is corrupt").waitFor();
    expect(await page.getByRole("tab", { name: "Raw" }).count()).toBe(0);
    await checkAccessibility();
  });
});

describe("other artifacts", () => {
  it("say what they are and how they are pulled", async () => {
    await pushChart(access, `${space.name}/charts/web`, "0.3.1");
    const { page, checkAccessibility, goTo } = await look(pathOf("0.3.1", "charts/web"));
    await page.getByText("Helm chart web 0.3.1").waitFor();
    await page.getByText("Serves the web.").waitFor();
    expect(await page.getByLabel("commands to use the chart", { exact: true }).textContent()).toContain(
      `oci://${registry.host}/${space.name}/charts/web --version 0.3.1`,
    );
    await checkAccessibility();
    const repository = `${space.name}/files`;
    const config = await pushJson(access, repository, {}, "application/vnd.oci.empty.v1+json");
    const file = await pushBlob(access, repository, jsonBytes("hello"), "text/plain");
    const layers = [{ ...file, annotations: { "org.opencontainers.image.title": "notes.txt" } }];
    await pushDocument(access, repository, {
      tag: "v1",
      document: { artifactType: "application/x.acme", config, layers },
    });
    await goTo(pathOf("v1", "files"));
    await page.getByText("Artifact of type application/x.acme").waitFor();
    await page.getByRole("listitem").getByText("notes.txt").waitFor();
    await page.getByRole("tab", { name: "Read" }).click();
    await page.getByRole("region", { name: "notes.txt" }).getByText("hello").waitFor();
    expect(await page.getByLabel("commands to pull it", { exact: true }).textContent()).toContain("oras pull");
    await checkAccessibility();
  });
});

it("a reference that is not there says so", async () => {
  const { page, signIn, goTo, expectRefusal } = await open();
  expectRefusal(404);
  await signIn(keeper);
  await goTo(pathOf("9.9"));
  await page.getByRole("alert").getByText("no such manifest or tag").waitFor();
});

describe("two tags compared", () => {
  it("say what changed, platform by platform: layers, configuration and packages", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(keeper);
    await goTo(`/spaces/${space.name}/repositories/team%2Fweb/compare`);
    await page.getByRole("heading", { name: "Choose what to compare" }).waitFor();
    await checkAccessibility();
    await page.getByLabel("From").fill("1.0");
    await page.getByLabel("To").fill("1.1");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText("linux/amd64 · changed").waitFor();
    await page.getByText("linux/arm64 · added").waitFor();
    await page.getByText("2 changed").waitFor();
    const layers = page.getByRole("list", { name: "Layers compared" }).getByRole("listitem");
    expect(await layers.count()).toBe(3);
    await page.getByRole("row", { name: "VERSION − 1.0 + 1.1", exact: true }).waitFor();
    await page.getByText("1 added, 1 removed, 1 changed").waitFor();
    await page.getByRole("row", { name: "nginx (deb) changed 1.27.0 1.28.0" }).waitFor();
    await checkAccessibility();
    // A tag that looks like a number stays unchanged.
    await page.reload();
    await page.getByText("linux/amd64 · changed").waitFor();
    expect(await page.getByLabel("From").inputValue()).toBe("1.0");
    await page.getByRole("link", { name: "linux/arm64" }).click();
    await page.getByText("Only the second has an image for this platform").waitFor();
    await page.getByRole("button", { name: "Swap" }).click();
    await page.getByText("Only the first has an image for this platform").waitFor();
    expect(await page.getByLabel("From").inputValue()).toBe("1.1");
  });

  it("are reached from a manifest, and fit a phone", async () => {
    const { page, checkAccessibility } = await look(pathOf("1.1"), { viewport: PHONE });
    await page.getByRole("link", { name: "Compare" }).click();
    expect(await page.getByLabel("From").inputValue()).toBe("1.1");
    await page.getByLabel("To").fill(shop.amd64.digest);
    await page.keyboard.press("Enter");
    await page.getByText("linux/amd64 · same").click();
    await page.getByText("both have the same image").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await checkAccessibility();
  });
});

import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as helm from "../clients/support/helm.ts";
import { openHome } from "../clients/support/home.ts";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole } from "./support/browser.ts";
import { type Release, release } from "./support/release.ts";

/** Tests how the console shows content that real clients push. */

const { registry, open } = useConsole();

let space: Space;
let keeper: string;
let web: Release;

beforeAll(async () => {
  space = await openSpace(registry, "console-clients");
  keeper = await registry.createToken(space.name, { actions: ["pull", "push", "delete", "admin"] });
  web = await release(space);
});

const repositoryPath = (repository: string): string =>
  `/spaces/${space.name}/repositories/${encodeURIComponent(repository)}`;
const manifestPath = (repository: string, reference: string, view = ""): string =>
  `${repositoryPath(repository)}/manifests/${encodeURIComponent(reference)}${view && `?view=${view}`}`;

async function look(path: string, opening = {}) {
  const console = await open(opening);
  await console.signIn(keeper);
  await console.goTo(path);
  return console;
}

/** Returns the row of a tag, with the text below its name. */
function rowOf(page: Page, tag: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name: tag, exact: true }) });
}

const layersOf = (page: Page): Locator => page.getByRole("list", { name: "Layers" }).getByRole("listitem");

describe("a repository", () => {
  it("says of each version for what it is, and whether it is signed", async () => {
    const { page, checkAccessibility } = await look(repositoryPath("team/web"));
    await rowOf(page, "1.1.0").getByText("signed", { exact: true }).waitFor();
    await rowOf(page, "1.1.0").getByText("linux/amd64, linux/arm64", { exact: true }).waitFor();
    await rowOf(page, "1.0.0").getByText("linux/amd64, linux/arm64", { exact: true }).waitFor();
    expect(await rowOf(page, "1.0.0").getByText("signed", { exact: true }).count()).toBe(0);
    await checkAccessibility();
  });

  it("has its signatures after oras copied it", async () => {
    const { page } = await look(repositoryPath("copies/web"));
    await rowOf(page, "1.1.0").getByText("signed", { exact: true }).waitFor();
    await page.getByRole("link", { name: "1.1.0", exact: true }).click();
    await page.getByRole("tab", { name: "Attached" }).click();
    await page.getByRole("heading", { name: "Signature (cosign)" }).waitFor();
    await page.getByRole("heading", { name: "SBOM (SPDX)" }).first().waitFor();
    expect(await page.getByRole("button", { name: /^Read / }).count()).toBe(5);
  });

  it("shows what cosign's older form keeps in a tag when asked to, and that it is a signature", async () => {
    const { page, pasted } = await look(repositoryPath("mirror/web"));
    await rowOf(page, "1.1.0").getByText("signed", { exact: true }).waitFor();
    const tag = `${web.after.digest.replace(":", "-")}.sig`;
    expect(await rowOf(page, tag).count()).toBe(0);
    await page.getByRole("checkbox", { name: "Show signatures and other attachments (1)" }).click();
    await rowOf(page, tag).getByText("Signature (cosign)").waitFor();
    await page.getByRole("button", { name: `Copy the command that pulls ${tag}` }).click();
    expect(await pasted()).toMatch(/^oras pull /);
    await page.getByRole("link", { name: tag, exact: true }).click();
    await page.getByText("Signature (cosign)", { exact: true }).waitFor();
    await page.getByText("1 file,").waitFor();
  });
});

describe("an image that BuildKit built for two platforms", () => {
  it("leads from its index to the image of each, with its layers and how it runs", async () => {
    const { page, checkAccessibility } = await look(manifestPath("team/web", "1.1.0"));
    await page.getByText("Image for several platforms").waitFor();
    await page.getByRole("link", { name: "Attestation for linux/arm64" }).waitFor();
    await checkAccessibility();
    await page.getByRole("link", { name: "linux/amd64", exact: true }).click();
    await page.getByText("Image for linux/amd64").waitFor();
    const layer = layersOf(page).filter({ hasText: "COPY base /srv/base" });
    expect(await layer.textContent()).toContain("also in 1.0.0");
    expect(await layersOf(page).filter({ hasText: "COPY app /srv/app" }).textContent()).not.toContain("also in");
    await page.getByText("in 2 shared with other tags").waitFor();
    await checkAccessibility();
    await page.getByRole("tab", { name: "Configuration" }).click();
    await page.getByText("/srv/app --greeting 'hello world'").waitFor();
    await page.getByRole("row", { name: "EQUATION a=b" }).waitFor();
    await page.getByText("8080/tcp").waitFor();
  });

  it("says what its builder attests, and leads to what is attached to the whole index", async () => {
    const { page, checkAccessibility } = await look(manifestPath("team/web", web.after.amd64, "attached"));
    await page.getByText("in the index, about linux/amd64").waitFor();
    await page.getByRole("button", { name: "Read Provenance (SLSA)" }).first().click();
    await page.getByRole("rowheader", { name: "Build type" }).waitFor();
    await page.getByRole("button", { name: "Read SBOM (CycloneDX)" }).click();
    const row = page.getByRole("row").filter({ hasText: "left-pad" });
    expect(await row.textContent()).toBe("left-pad1.3.0npm");
    await checkAccessibility();
    await page.getByRole("link", { name: "Provenance (SLSA)" }).first().click();
    await page.getByText("Attestations of the builder", { exact: true }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "1.1.0", exact: true }).last().click();
    await page.getByRole("heading", { name: "Signature (cosign)" }).waitFor();
  });

  it("has what cosign attached to it, to be read, on a phone too", async () => {
    const { page, checkAccessibility } = await look(manifestPath("team/web", "1.1.0", "attached"), { viewport: PHONE });
    await page.getByRole("button", { name: "Read SBOM (SPDX)" }).click();
    await page.getByRole("cell", { name: "nginx" }).waitFor();
    await page.getByRole("button", { name: "Read Provenance (SLSA)" }).first().click();
    await page.getByRole("row", { name: "1 git+https://git.example.com/acme/web@refs/tags/1.1.0" }).waitFor();
    await page.getByRole("button", { name: "Read Signature (cosign)" }).click();
    await page.getByText("https://sigstore.dev/cosign/sign/v1").first().waitFor();
    expect(await page.getByRole("listitem").getByText("yes; the registry does not verify it").count()).toBe(3);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await checkAccessibility();
    await page.getByRole("link", { name: "Provenance (SLSA)" }).first().click();
    await page.getByText("Provenance (SLSA)", { exact: true }).waitFor();
  });

  it("is compared with the version before, by SBOMs of one format though they are attached to the indexes", async () => {
    const { page, checkAccessibility } = await look(`${repositoryPath("team/web")}/compare?from=1.0.0&to=1.1.0`);
    await page.getByText("linux/amd64 · changed").waitFor();
    await page.getByText("1 changed (").waitFor();
    await page.getByRole("row", { name: "VERSION − 1.0.0 + 1.1.0" }).first().waitFor();
    await page.getByText("1 added, 1 removed, 1 changed").waitFor();
    await page.getByText("By the SBOMs (SPDX) of both.").waitFor();
    const row = page.getByRole("row").filter({ hasText: "nginx" });
    expect(await row.textContent()).toBe("nginx (deb)changed1.27.01.28.0");
    await checkAccessibility();
  });
});

describe("other clients", () => {
  it("helm's chart is one, and the command that is shown pulls it", async () => {
    const { page, checkAccessibility, pasted } = await look(repositoryPath("charts/web"));
    await rowOf(page, "0.3.1").getByText("Helm chart").waitFor();
    await page.getByRole("button", { name: "Copy the command that pulls 0.3.1" }).click();
    const command = await pasted();
    expect(command).toContain(`oci://${space.repository("charts/web")} --version 0.3.1`);
    const home = await openHome();
    onTestFinished(() => home.remove());
    await helm.login(home, registry.host, keeper);
    await home.run("sh", ["-c", command]);
    expect(await home.run("ls", [])).toContain("web-0.3.1.tgz");
    await page.getByRole("link", { name: "0.3.1", exact: true }).click();
    await page.getByText("Helm chart web 0.3.1").waitFor();
    expect(await page.getByLabel("commands to use the chart", { exact: true }).textContent()).toContain(command);
    await checkAccessibility();
  });

  it("Docker's image of its own builder is listed for its platform, which only its config names", async () => {
    const { page } = await look(repositoryPath("classic"));
    const platform = rowOf(page, "1.0").getByText("linux/amd64", { exact: true });
    await platform.waitFor();
    expect(await platform.count()).toBe(1);
  });

  it("Docker's image of its own builder has its commands and its size", async () => {
    const { page } = await look(manifestPath("classic", "1.0"));
    await page.getByText("Image for linux/amd64").waitFor();
    expect(await layersOf(page).first().textContent()).toMatch(/COPY file:\w+ in \/srv\/.*5\.\d kB/);
    await layersOf(page).getByText('CMD ["/srv/file-0"]').waitFor();
    await page.getByRole("tab", { name: "Configuration" }).click();
    await page.getByRole("row", { name: "CLASSIC yes" }).waitFor();
  });
});

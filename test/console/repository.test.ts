import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { type Access, ask } from "../../harness/live/ask.ts";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole, WIDE } from "./support/browser.ts";
import { pushArtifact, pushIndex, sizeOf } from "./support/manifests.ts";
import { push } from "./support/push.ts";

const { registry, open } = useConsole();

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** For machines that are busy with other work. */
const SLOW = { timeout: 20_000 };

let space: Space;
/** An access with all rights in its space. */
let access: Access;

beforeAll(async () => {
  space = await openSpace(registry, "console-tags");
  access = { url: registry.url, secret: await space.token("pull", "push", "delete", "admin") };
});

const name = (repository: string): string => `${space.name}/${repository}`;

const address = (repository: string, rest = ""): string =>
  `/spaces/${space.name}/repositories/${encodeURIComponent(repository)}${rest}`;

/** Sends one request to the management API, as the administrator. */
async function manage(method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${registry.url}/api/v1/spaces/${space.name}/${path}`, {
    method,
    headers: { Authorization: `Bearer ${registry.adminToken}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
}

async function digestUnder(repository: string, reference: string): Promise<string | null> {
  const answer = await ask(access, "HEAD", `/v2/${name(repository)}/manifests/${reference}`, { expect: [200, 404] });
  return answer.headers.get("Docker-Content-Digest");
}

const rowOf = (page: Page, text: string): ReturnType<Page["getByRole"]> =>
  page.getByRole("row").filter({ hasText: text });

/** Finds the dialog that asks, not the toasts, which have the same role. */
const dialogOf = (page: Page): ReturnType<Page["getByRole"]> =>
  page.getByRole("dialog").filter({ has: page.getByRole("button", { name: "Cancel" }) });

/** Opens the menu of a tag's row and chooses from it. */
async function choose(page: Page, tag: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${tag}`, exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

describe("a repository", () => {
  it("shows what each tag is, who pushed it, and whether it is signed and immutable", async () => {
    const one = await push(access, name("shown/web"), "1.0");
    const two = await push(access, name("shown/web"), "two");
    const sizes = { digest: one, size: await sizeOf(access, name("shown/web"), one) };
    await pushIndex(access, name("shown/web"), "multi", {
      "linux/amd64": sizes,
      "linux/arm64": { digest: two, size: await sizeOf(access, name("shown/web"), two) },
    });
    const subject = { mediaType: MANIFEST, ...sizes };
    await pushArtifact(access, name("shown/web"), "", {
      subject,
      artifactType: "application/vnd.cncf.notary.signature",
    });
    await manage("PATCH", "repositories/shown/web", { immutableTags: ["1.*"] });
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(access.secret);
    await goTo(address("shown/web"));
    await rowOf(page, "multi").getByText("linux/amd64, linux/arm64").waitFor();
    const row = rowOf(page, "1.0");
    await row.getByText("immutable").waitFor();
    await row.getByText("signed").waitFor();
    expect(await row.textContent()).toMatch(/2\.\d kB/);
    expect(await row.textContent()).toMatch(/seconds? ago|minutes? ago/);
    expect(await row.textContent()).toContain("by ");
    expect(await rowOf(page, "two").getByText("signed").count()).toBe(0);
    expect(await row.getByRole("link", { name: "1.0", exact: true }).getAttribute("href")).toBe(
      address("shown/web", "/manifests/1.0"),
    );
    await page.getByText("3 tags").waitFor();
    await page.getByText("last push").waitFor();
    await checkAccessibility();
  });

  it("gives the commands that pull a tag, for what it is", async () => {
    const digest = await push(access, name("commands"), "1.0");
    await pushArtifact(access, name("commands"), "2.0.0_build", {
      config: {
        mediaType: "application/vnd.cncf.helm.config.v1+json",
        digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        size: 2,
      },
    });
    const { page, signIn, goTo, checkAccessibility, pasted } = await open();
    await signIn(access.secret);
    await goTo(address("commands"));
    await page.getByRole("button", { name: "Copy the command that pulls 1.0" }).click();
    await expect.poll(pasted, SLOW).toBe(`docker pull ${registry.host}/${name("commands")}:1.0`);
    await choose(page, "1.0", "Copy pull command by digest");
    await expect.poll(pasted, SLOW).toBe(`docker pull ${registry.host}/${name("commands")}@${digest}`);
    await choose(page, "1.0", "All pull commands");
    await page.getByRole("tab", { name: "podman" }).click();
    const byTag = page.getByLabel("podman command by tag", { exact: true });
    expect(await byTag.textContent()).toContain(`${name("commands")}:1.0`);
    await checkAccessibility();
    await page.getByRole("button", { name: "Close" }).click();
    await rowOf(page, "2.0.0_build").getByText("Helm chart").waitFor();
    await choose(page, "2.0.0_build", "All pull commands");
    const helm = page.getByLabel("helm command by tag", { exact: true });
    expect(await helm.textContent()).toContain("--version 2.0.0+build");
    await page.keyboard.press("Escape");
  });

  it("is searched by name and digest; the address keeps what for, and whether attachments are shown", async () => {
    const digest = await push(access, name("searched"), "apple");
    await push(access, name("searched"), "pear");
    await push(access, name("searched"), `${digest.replace(":", "-")}.sig`);
    const { page, signIn, goTo } = await open();
    await signIn(access.secret);
    await goTo(address("searched", "?q=APP"));
    await page.getByRole("link", { name: "apple", exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "pear", exact: true }).count()).toBe(0);
    await rowOf(page, "apple").getByText("signed").waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByRole("link", { name: "pear", exact: true }).waitFor();
    await page.getByRole("searchbox").fill(digest.slice(7, 17));
    await page.getByText("1 of 2").waitFor();
    await page.waitForURL((url) => url.search.includes(digest.slice(7, 17)));
    await page.getByRole("checkbox", { name: "Show signatures and other attachments (1)" }).click();
    // A signature's tag has the digest of its subject.
    await page.getByText("2 of 3").waitFor();
    await page.getByRole("searchbox").fill(".sig");
    await page.getByText("1 of 3").waitFor();
    await page.waitForURL((url) => url.searchParams.get("q") === ".sig");
    await page.reload();
    await rowOf(page, ".sig").waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe(".sig");
    await page.getByRole("searchbox").fill("nothing like it");
    await page.getByText("No tag has “nothing like it” in its name or digest.").waitFor();
  });

  it("sees a push and a deletion without reloading", async () => {
    await push(access, name("live"), "first");
    const { page, signIn, goTo } = await open();
    await signIn(access.secret);
    await goTo(address("live"));
    await page.getByRole("link", { name: "first", exact: true }).waitFor();
    await push(access, name("live"), "second");
    await page.getByRole("link", { name: "second", exact: true }).waitFor();
    await ask(access, "DELETE", `/v2/${name("live")}/manifests/first`, { expect: [202] });
    await page.getByRole("link", { name: "first", exact: true }).waitFor({ state: "detached" });
    expect(await page.getByRole("link", { name: "second", exact: true }).count()).toBe(1);
  });

  it("offers to compare two tags, the older with the newer", async () => {
    for (const tag of ["new", "other", "old"].toReversed()) await push(access, name("compared"), tag);
    const { page, signIn, goTo } = await open();
    await signIn(access.secret);
    await goTo(address("compared"));
    await page.getByRole("checkbox", { name: "Select new" }).click();
    expect(await page.getByRole("link", { name: "Compare" }).count()).toBe(0);
    await page.getByRole("checkbox", { name: "Select old" }).click();
    const link = page.getByRole("link", { name: "Compare old with new" });
    expect(await link.getAttribute("href")).toBe(address("compared", "/compare?from=old&to=new"));
    await page.getByRole("checkbox", { name: "Select other" }).click();
    await page.getByText("3 tags selected").waitFor();
    expect(await link.count()).toBe(0);
  });

  it("that is not there says so", async () => {
    const { page, signIn, goTo, expectRefusal } = await open();
    expectRefusal(404);
    await signIn(access.secret);
    await goTo(address("never/was"));
    await page.getByRole("alert").getByText("No such repository").waitFor();
  });

  it("can have ten thousand tags: usable at once, all of them found, and the keyboard reaches the last", async () => {
    const repository = "many";
    await push(access, name(repository), "tag00000");
    const { bytes } = await ask(access, "GET", `/v2/${name(repository)}/manifests/tag00000`, { expect: [200] });
    for (let first = 0; first < 10_000; first += 50) {
      const tags = Array.from({ length: 50 }, (_, index) => `tag=tag${String(first + index).padStart(5, "0")}`);
      await ask(access, "PUT", `/v2/${name(repository)}/manifests/latest?${tags.join("&")}`, {
        expect: [201],
        body: bytes,
        headers: { "Content-Type": MANIFEST },
      });
    }
    const { page, signIn, goTo } = await open();
    await signIn(access.secret);
    await goTo(address(repository));
    // The last push.
    await page.getByRole("link", { name: "tag09999", exact: true }).waitFor();
    await page.getByText("10,001", { exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(100);
    await page.getByRole("checkbox", { name: "Select tag09999" }).focus();
    await page.keyboard.press("End");
    await expect
      .poll(() => page.evaluate("document.activeElement.getAttribute('aria-label')"), SLOW)
      .toMatch(/^Select tag000\d\d$/);
    await page.getByRole("searchbox").fill("777");
    await page.getByText("19 of 10,001").waitFor();
  });
});

describe("deleting tags", () => {
  it("says first what goes and how many bytes come back, then does it, and it can be undone", async () => {
    const repository = "deleted";
    const one = await push(access, name(repository), "one");
    const two = await push(access, name(repository), "two");
    await push(access, name(repository), "kept");
    await push(access, name(repository), "v1");
    await push(access, name(repository), `${one.replace(":", "-")}.sig`);
    await manage("PATCH", `repositories/${repository}`, { immutableTags: ["v*"] });
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(access.secret);
    await goTo(address(repository));
    for (const tag of ["one", "two", "v1"]) await page.getByRole("checkbox", { name: `Select ${tag}` }).click();
    await page.getByText("3 tags selected").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Delete …" }).click();
    const dialog = dialogOf(page);
    // Three with the signature of one of them.
    await dialog.getByRole("button", { name: "Delete 3 tags" }).waitFor();
    await dialog.getByText("Stays, since it is immutable: v1").waitFor();
    await dialog.getByText(/3 manifests would be left without a tag/).waitFor();
    expect(await dialog.textContent()).toMatch(/[67]\.\d kB come back/);
    await checkAccessibility();
    await dialog.getByRole("checkbox").click();
    await dialog.getByText("no storage is freed").waitFor();
    await dialog.getByRole("checkbox").click();
    await dialog.getByText(/3 manifests would be left without a tag/).waitFor();
    await dialog.getByRole("button", { name: "Delete 3 tags" }).click();
    await page.getByRole("link", { name: "one", exact: true }).waitFor({ state: "detached" });
    await dialog.waitFor({ state: "detached" });
    expect(await Promise.all(["one", "two", "kept", "v1", two].map((tag) => digestUnder(repository, tag)))).toEqual([
      null,
      null,
      expect.any(String),
      expect.any(String),
      null,
    ]);
    await page
      .getByRole("navigation", { name: `Repository ${repository}` })
      .getByText("Recently deleted")
      .click();
    await page.getByRole("table", { name: "Deleted tags" }).waitFor();
    await page.getByRole("table", { name: "Deleted manifests" }).waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Restore the tag one", exact: true }).click();
    await dialog.getByText("the manifest and everything it needs return with it").waitFor();
    await dialog.getByRole("button", { name: "Restore" }).click();
    await page.getByText("Restored the tag one").waitFor();
    expect(await digestUnder(repository, "one")).toBe(one);
    await page.getByRole("button", { name: `Restore the manifest ${two.slice(7, 19)}` }).click();
    await dialog.getByText("with the tag two").waitFor();
    await dialog.getByRole("button", { name: "Restore" }).click();
    await page.getByText(`Restored the manifest ${two.slice(7, 19)}`).waitFor();
    expect(await digestUnder(repository, "two")).toBe(two);
  });

  it("of one tag is in its row's menu, and leaves what has another tag", async () => {
    const repository = "menu";
    const digest = await push(access, name(repository), "a");
    const { bytes } = await ask(access, "GET", `/v2/${name(repository)}/manifests/a`, { expect: [200] });
    const headers = { "Content-Type": MANIFEST };
    await ask(access, "PUT", `/v2/${name(repository)}/manifests/b`, { expect: [201], body: bytes, headers });
    const { page, signIn, goTo } = await open();
    await signIn(access.secret);
    await goTo(address(repository));
    await choose(page, "a", "Delete …");
    await page.getByRole("heading", { name: "Delete the tag a?" }).waitFor();
    await page.getByText("Only the tag goes").waitFor();
    await page.getByRole("button", { name: "Delete 1 tag" }).click();
    await page.getByRole("link", { name: "a", exact: true }).waitFor({ state: "detached" });
    expect(await digestUnder(repository, "b")).toBe(digest);
  });
});

describe("a tag's history", () => {
  it("says who moved it, and moves it back after a question", async () => {
    const repository = "history/web";
    const first = await push(access, name(repository), "latest");
    const second = await push(access, name(repository), "latest");
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(access.secret);
    await goTo(address(repository));
    await choose(page, "latest", "History");
    await page.getByRole("heading", { name: "History of latest", level: 1 }).waitFor();
    await rowOf(page, "moved from").getByText("what it is now").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: `Revert to ${first.slice(7, 19)}` }).click();
    await page.getByText("A revert counts as a push").waitFor();
    await page.getByText(`latest now points to ${second.slice(7, 19)}`).waitFor();
    await checkAccessibility();
    await dialogOf(page).getByRole("button", { name: "Revert to" }).click();
    await page.getByText(`Reverted latest to ${first.slice(7, 19)}`).waitFor();
    expect(await digestUnder(repository, "latest")).toBe(first);
    await page.reload();
    await page.getByRole("button", { name: `Revert to ${second.slice(7, 19)}` }).waitFor();
  });

  it("says what is missing, where a revert is refused for it", async () => {
    const repository = "missing";
    await push(access, name(repository), "latest");
    await push(access, name(repository), "latest");
    const { page, signIn, goTo, expectRefusal } = await open();
    expectRefusal(409);
    await signIn(access.secret);
    await goTo(address(repository, "/tags/latest/history"));
    // Collection does this days later.
    const layer = `sha256:${"a".repeat(64)}`;
    await page.route("**/tags:revert", (route) =>
      route.fulfill({
        status: 409,
        json: { code: "CONTENT_GONE", detail: "some of its content is no longer stored", errors: { missing: [layer] } },
      }),
    );
    await page.getByRole("button", { name: /^Revert to / }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Revert to / })
      .click();
    await page.getByRole("alert").getByText(layer).waitFor();
    await page.getByRole("alert").getByText("Push it again").waitFor();
  });
});

describe("a repository's settings", () => {
  it("are changed, and what is wrong with them is told", async () => {
    await push(access, name("settings"), "v1");
    const { page, signIn, goTo, checkAccessibility, expectRefusal } = await open();
    expectRefusal(400);
    await signIn(access.secret);
    await goTo(address("settings", "/settings"));
    await page.getByRole("radio", { name: "Same as the space: none" }).waitFor();
    await checkAccessibility();
    await page.getByRole("checkbox", { name: "Anyone may pull" }).click();
    await page.getByRole("radio", { name: "Its own" }).click();
    await page.getByLabel("Patterns").fill("v*, what?!");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("no tag can match this").waitFor();
    await checkAccessibility();
    await page.getByLabel("Patterns").fill("v*, !v9");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Settings saved").waitFor();
    await page.reload();
    expect(await page.getByLabel("Patterns").inputValue()).toBe("v*, !v9");
    await page.getByText("public", { exact: true }).waitFor();
    await page.getByRole("navigation", { name: "Repository settings" }).getByText("Tags").click();
    await rowOf(page, "v1").getByText("immutable").waitFor();
    await goTo(address("settings", "/settings"));
    await page.getByRole("radio", { name: "Same as the space: none" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Settings saved").waitFor();
    await page.reload();
    const inherited = page.getByRole("radio", { name: "Same as the space: none" });
    await inherited.waitFor();
    expect(await inherited.isChecked()).toBe(true);
  });

  it("has it deleted once its name is typed, and brought back", async () => {
    await push(access, name("gone/for-good"), "1.0");
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(access.secret);
    await goTo(address("gone/for-good", "/settings"));
    await page.getByRole("button", { name: "Delete repository …" }).click();
    const button = page.getByRole("button", { name: "Delete repository", exact: true });
    expect(await button.isDisabled()).toBe(true);
    await checkAccessibility();
    await page.getByLabel("Type gone/for-good to confirm").fill("gone/for-goo");
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel("Type gone/for-good to confirm").fill("gone/for-good");
    await button.click();
    await page.getByRole("heading", { name: "Recently deleted", level: 1 }).waitFor();
    await checkAccessibility();
    expect(await digestUnder("gone/for-good", "1.0")).toBeNull();
    await page.getByRole("button", { name: "Restore gone/for-good" }).click();
    await dialogOf(page).getByRole("button", { name: "Restore" }).click();
    await page.getByText("Restored gone/for-good").waitFor();
    expect(await digestUnder("gone/for-good", "1.0")).not.toBeNull();
  });

  it("say why a repository with immutable tags is not deleted", async () => {
    await push(access, name("kept"), "v1");
    await manage("PATCH", "repositories/kept", { immutableTags: ["v*"] });
    const { page, signIn, goTo, expectRefusal } = await open();
    expectRefusal(403);
    await signIn(access.secret);
    await goTo(address("kept", "/settings"));
    await page.getByRole("button", { name: "Delete repository …" }).click();
    await page.getByLabel("Type kept to confirm").fill("kept");
    await page.getByRole("button", { name: "Delete repository", exact: true }).click();
    await page.getByRole("alert").getByText("The tag is immutable").waitFor();
  });
});

describe("these pages", () => {
  it.each([
    ["a phone", PHONE, "light"],
    ["a phone at night", PHONE, "dark"],
    ["a desk", WIDE, "light"],
    ["a desk at night", WIDE, "dark"],
  ] as const)("fit %s", async (_name, viewport, colorScheme) => {
    const repository = "a/rather/long/path/of/a/repository-that-somebody-made-by-a-machine";
    const tag = `feature-${"x".repeat(100)}-1.0`;
    await push(access, name(repository), tag);
    await push(access, name(repository), "gone");
    await manage("POST", "tags:delete", { repository, tags: ["gone"] });
    const { page, signIn, goTo, checkAccessibility } = await open({ viewport, colorScheme });
    await signIn(access.secret);
    for (const rest of ["", "/deleted", "/settings", `/tags/${tag}/history`]) {
      await goTo(address(repository, rest));
      await page
        .getByRole(rest === "/settings" ? "checkbox" : "table")
        .first()
        .waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), rest).toBe(true);
      await checkAccessibility();
    }
    await goTo(`/spaces/${space.name}/deleted`);
    await checkAccessibility();
    // All controls of a row are within reach.
    await goTo(address(repository));
    await choose(page, tag, "History");
    await page.getByRole("heading", { name: `History of ${tag}` }).waitFor();
  });
});

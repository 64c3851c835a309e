import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole, WIDE } from "./support/browser.ts";
import { push } from "./support/push.ts";
import { fillShop } from "./support/shop.ts";

/** Tests the console for a person who signs in with a token that pulls and does not administer its space. */

const { registry, open } = useConsole();

let space: Space;
/** Secrets of tokens, by their rights. */
const tokens = { pull: "", narrow: "", developer: "" };

beforeAll(async () => {
  space = await openSpace(registry, "readers");
  const access = { url: registry.url, secret: await space.token("pull", "push", "delete") };
  await fillShop(access, `${space.name}/shop/web`);
  await push(access, `${space.name}/shop/api`, "1.0");
  await push(access, `${space.name}/shop/api`, "1.0");
  await push(access, `${space.name}/secret/plans`, "1.0");
  const create = (...request: Parameters<typeof registry.createToken>): Promise<string> =>
    registry.createToken(...request);
  tokens.pull = await create(space.name, { actions: ["pull"], name: "reader" });
  tokens.narrow = await create(space.name, { actions: ["pull"], repositories: ["shop/*"], name: "shop reader" });
  tokens.developer = await create(space.name, { actions: ["pull", "push", "delete"], name: "developer" });
});

const at = (path: string): string => `/spaces/${space.name}${path}`;
const inRepository = (repository: string, path = ""): string =>
  at(`/repositories/${encodeURIComponent(repository)}${path}`);

/** Names of controls that would change something, or that lead to such a control. */
const CHANGES = /delete|revert|settings|undelete|restore|new |rotate|redeliver/i;

async function expectNothingToChange(page: Page): Promise<void> {
  for (const role of ["button", "link", "menuitem"] as const) {
    expect(await page.getByRole(role, { name: CHANGES }).count(), role).toBe(0);
  }
}

/** Returns the requests to the API since the page was opened. */
const askedBy = (page: Page): Promise<unknown> =>
  page.evaluate(
    "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.startsWith('/api/'))",
  );

const linksOf = (page: Page): Promise<string[]> =>
  page
    .getByRole("navigation", { name: `Space ${space.name}` })
    .getByRole("link")
    .allTextContents();

describe("with a token that only pulls", () => {
  it.each([
    ["a phone", PHONE],
    ["a desk", WIDE],
  ])("one sees repositories, tags and manifests, and no way to change them, on %s", async (_name, viewport) => {
    const { page, signIn, checkAccessibility } = await open({ viewport });
    await signIn(tokens.pull);
    await page.getByRole("link", { name: "secret/plans" }).waitFor();
    expect(await linksOf(page)).toEqual(["Repositories"]);
    await expectNothingToChange(page);
    await checkAccessibility();

    await page.getByRole("link", { name: "shop/web" }).click();
    await page.getByRole("link", { name: "1.1", exact: true }).waitFor();
    await page.getByText("by test").first().waitFor();
    await page.getByRole("button", { name: "Actions for 1.1" }).click();
    await page.getByRole("menuitem", { name: "Copy pull command by digest" }).waitFor();
    await expectNothingToChange(page);
    await checkAccessibility();
    await page.keyboard.press("Escape");
    await page.getByRole("checkbox", { name: "Select 1.1" }).check();
    await page.getByRole("checkbox", { name: "Select 1.0" }).check();
    await page.getByRole("region", { name: "Selection" }).waitFor();
    await expectNothingToChange(page);
    await page.getByRole("link", { name: "Compare 1.0 with 1.1" }).click();
    await page.getByRole("heading", { name: "Packages" }).waitFor();
    await expectNothingToChange(page);
    await checkAccessibility();
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  });

  it("one reads what an image is and what is attached to it", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(tokens.pull);
    await goTo(inRepository("shop/web", "/manifests/1.0"));
    await page.getByRole("tab", { name: "Platforms" }).waitFor();
    await page.getByRole("link", { name: "linux/amd64" }).first().click();
    await page.getByRole("tab", { name: "Layers" }).waitFor();
    await page.getByRole("tab", { name: "Attached" }).click();
    await page.getByRole("button", { name: /^Read/ }).first().click();
    await page.getByText("openssl").first().waitFor();
    await expectNothingToChange(page);
    await checkAccessibility();
  });

  it("one sees a tag's history, and no way back", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(tokens.pull);
    await goTo(inRepository("shop/api", "/tags/1.0/history"));
    await page.getByText("created as").waitFor();
    await page.getByText("what it is now").waitFor();
    await expectNothingToChange(page);
    await checkAccessibility();
  });

  it("one finds repositories by the palette", async () => {
    const { page, signIn, checkAccessibility } = await open();
    await signIn(tokens.pull);
    await page.getByRole("link", { name: "secret/plans" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByLabel("Search for a repository or space").fill("plans");
    await page.getByRole("option", { name: `${space.name}/secret/plans` }).waitFor();
    await checkAccessibility();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/repositories/secret%2Fplans");
    await page.getByRole("heading", { level: 1, name: "secret/plans" }).waitFor();
    expect(await page.title()).toBe("secret/plans · Spacedock");
  });

  it.each(["pushes", "deliveries", "triggers", "targets/new", "tokens", "storage", "retention", "deleted", "activity"])(
    "one is told that %s are for others, without asking for them",
    async (path) => {
      const { page, signIn, goTo, checkAccessibility } = await open();
      await signIn(tokens.pull);
      await goTo(at(`/${path}`));
      await page.getByText("lacks the action admin").waitFor();
      expect(await askedBy(page)).toEqual(["/api/v1/session"]);
      await checkAccessibility();
      await page.getByRole("link", { name: "Go to the repositories" }).click();
      await page.getByRole("link", { name: "shop/api" }).waitFor();
    },
  );

  it.each(["settings", "deleted"])("one is told that a repository's %s are for others", async (path) => {
    const { page, signIn, goTo } = await open();
    await signIn(tokens.pull);
    await goTo(inRepository("shop/web", `/${path}`));
    await page.getByText("lacks the action admin").waitFor();
    expect(await askedBy(page)).toEqual(["/api/v1/session"]);
  });

  it("one is told that an address without a page has none", async () => {
    const { page, signIn, goTo } = await open();
    await signIn(tokens.pull);
    await goTo(at("/nothing/here"));
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
    expect(await askedBy(page)).toEqual(["/api/v1/session"]);
  });
});

describe("with a token for some repositories", () => {
  it("one sees these, and by the palette too", async () => {
    const { page, signIn } = await open();
    await signIn(tokens.narrow);
    await page.getByRole("link", { name: "shop/web" }).waitFor();
    expect(await page.getByRole("link", { name: /^(?:shop|secret)\// }).allTextContents()).toEqual([
      "shop/api",
      "shop/web",
    ]);
    await page.keyboard.press("Control+k");
    const field = page.getByLabel("Search for a repository or space");
    await field.fill("shop");
    await page.getByRole("option", { name: `${space.name}/shop/web` }).waitFor();
    await field.fill("plans");
    await page.getByText("No repository or space has that name.").waitFor();
  });

  it.each(["", "/manifests/1.0", "/compare", "/tags/1.0/history"])(
    "a link to another says so at once, whether or not it is there: %s",
    async (path) => {
      const { page, signIn, goTo, checkAccessibility } = await open();
      await signIn(tokens.narrow);
      for (const repository of ["secret/plans", "nothing"]) {
        await goTo(inRepository(repository, path));
        await page.getByText(`does not cover ${repository}: it is for shop/*.`).waitFor();
        expect(await askedBy(page)).toEqual(["/api/v1/session"]);
      }
      await checkAccessibility();
    },
  );

  it("another space's pages are refused by the registry", async () => {
    const { page, signIn, goTo, expectRefusal } = await open();
    expectRefusal(404);
    const other = await openSpace(registry, "readers-other");
    await signIn(tokens.narrow);
    await goTo(`/spaces/${other.name}`);
    await page.getByRole("alert").getByText("No such space").waitFor();
  });
});

describe("where nothing has been pushed yet", () => {
  it("one is told how to push, if the token may, and what it covers", async () => {
    const fresh = await openSpace(registry, "readers-fresh");
    const { page, signIn, checkAccessibility } = await open();
    const repositories = ["team/*", "!team/x"];
    await signIn(await registry.createToken(fresh.name, { actions: ["pull", "push"], repositories }));
    await page.getByRole("heading", { name: "No repositories for your token yet" }).waitFor();
    await page.getByText("It covers team/*, !team/x.").waitFor();
    const command = page.getByLabel("commands for docker", { exact: true });
    expect(await command.textContent()).toContain(`docker push ${registry.host}/${fresh.name}/`);
    await checkAccessibility();
    const access = { url: registry.url, secret: await fresh.token("pull", "push") };
    await push(access, `${fresh.name}/team/web`, "1.0");
    await page.getByRole("link", { name: "team/web" }).waitFor();
  });

  it("one is not told how to push if the token may not", async () => {
    const fresh = await openSpace(registry, "readers-fresh");
    const { page, signIn } = await open();
    await signIn(await fresh.token("pull"));
    await page.getByRole("heading", { name: "No repositories yet" }).waitFor();
    expect(await page.getByLabel("commands for docker", { exact: true }).count()).toBe(0);
  });
});

it("a token that pushes and deletes deletes nothing here: that is for administrators", async () => {
  const { page, signIn, goTo } = await open();
  await signIn(tokens.developer);
  await goTo(inRepository("shop/api"));
  await page.getByRole("button", { name: "Actions for 1.0" }).click();
  await page.getByRole("menuitem", { name: "History" }).waitFor();
  await expectNothingToChange(page);
});

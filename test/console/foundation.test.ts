import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ask } from "../../harness/live/ask.ts";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole, WIDE } from "./support/browser.ts";
import { push } from "./support/push.ts";

const { registry, open } = useConsole();

const session = z.object({ session: z.object({ token: z.object({ id: z.string() }) }) });

let space: Space;
/** The secret of a token that may push and that manages its space. */
let keeper: string;

beforeAll(async () => {
  space = await openSpace(registry, "console");
  keeper = await registry.createToken(space.name, { actions: ["pull", "push", "delete", "admin"] });
});

/** Returns the path of a space's first page. */
const home = (name = space.name): string => `/spaces/${name}`;

describe("signing in", () => {
  it("says what is wrong with a token, takes a right one, and keeps no trace of it in the page", async () => {
    const { page, expectRefusal, checkAccessibility, goTo, signIn } = await open();
    expectRefusal(401);
    await goTo("/");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await checkAccessibility();
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("mistyped, revoked or expired").waitFor();
    await checkAccessibility();
    await signIn(keeper);
    expect(new URL(page.url()).pathname).toBe(home());
    const kept = await page.evaluate(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])",
    );
    expect(kept).not.toContain(keeper);
    expect(kept).not.toContain("eyJ");
  });

  it("leads to where one wanted to go, and only within the console", async () => {
    const { page, goTo } = await open();
    await goTo(home());
    expect(new URL(page.url()).searchParams.get("to")).toBe(home());
    await page.getByLabel("Token").fill(keeper);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${home()}`);

    const other = await open();
    await other.goTo("/sign-in?to=//evil.test/x");
    await other.page.getByLabel("Token").fill(keeper);
    await other.page.keyboard.press("Enter");
    await other.page.waitForURL(`${registry.url}${home()}`);
  });

  it("ends by signing out, for the back button too", async () => {
    const { page, signIn, goTo } = await open();
    await signIn(keeper);
    await page.getByRole("button", { name: "account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in*");
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual([]);
    await goTo(home());
    expect(new URL(page.url()).pathname).toBe("/sign-in");
  });

  it("leaves nothing of what was seen to whoever signs in next", async () => {
    await push({ url: registry.url, secret: keeper }, `${space.name}/left/behind`, "1");
    const reader = await registry.createToken(space.name, { actions: ["pull"], repositories: ["elsewhere/*"] });
    const { page, signIn } = await open();
    const seen = page.getByRole("link", { name: "left/behind" });
    await signIn(keeper);
    await seen.waitFor();
    await page.getByRole("button", { name: "account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("Token").fill(reader);
    const answer = Promise.withResolvers<undefined>();
    await page.route("**/repositories?*", async (route) => {
      await answer.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: space.name, level: 1 }).waitFor();
    expect(await seen.count()).toBe(0);
    answer.resolve(undefined);
    await page.unrouteAll({ behavior: "wait" });
  });

  it("ends when the token is revoked, while one looks", async () => {
    const { page, signIn, expectRefusal } = await open();
    expectRefusal(401);
    const token = await registry.createToken(space.name, { actions: ["admin"] });
    await signIn(token);
    const { id } = session.parse(await page.evaluate("fetch('/api/v1/session').then((answer) => answer.json())"))
      .session.token;
    await fetch(`${registry.url}/api/v1/spaces/${space.name}/tokens/${id}`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${registry.adminToken}` },
    });
    await page.waitForURL("**/sign-in*");
  });

  it("with a token that may not look at anything says so, and how to push", async () => {
    const { page, signIn, checkAccessibility } = await open();
    await signIn(await space.token("push", "delete"));
    await page.getByText("may only push and delete").waitFor();
    expect(await page.getByRole("table").count()).toBe(0);
    await checkAccessibility();
  });
});

describe("repositories", () => {
  it("appear after a push, without reloading", async () => {
    const fresh = await openSpace(registry, "console-fresh");
    const { page, signIn, checkAccessibility, pasted } = await open();
    await signIn(await registry.createToken(fresh.name, { actions: ["pull", "push", "admin"] }));
    await page.getByRole("heading", { name: "No repositories yet" }).waitFor();
    await checkAccessibility();
    const command = page.getByLabel("commands for docker", { exact: true });
    expect(await command.textContent()).toContain(`docker push ${registry.host}/${fresh.name}/my-image:1.0`);
    await page.getByRole("button", { name: "Copy commands for docker" }).click();
    await page.getByText("Copied").waitFor({ state: "attached" });
    expect(await pasted()).toBe(await command.textContent());
    for (const client of ["podman", "GitHub Actions", "helm", "oras", "spacedock"]) {
      await page.getByRole("tab", { name: client }).click();
      expect(await page.getByLabel(`commands for ${client}`, { exact: true }).textContent()).toContain(registry.host);
    }
    const access = { url: registry.url, secret: await fresh.token("pull", "push") };
    await push(access, `${fresh.name}/web/api`, "1.0");
    await page.getByRole("link", { name: "web/api" }).waitFor();
    const row = page.getByRole("row").filter({ hasText: "web/api" });
    expect(await row.textContent()).toMatch(/1\d(?:\.\d+)? kB|\d\.\d kB/);
    await row.getByRole("cell", { name: "never", exact: true }).waitFor();
    await ask(access, "GET", `/v2/${fresh.name}/web/api/manifests/1.0`, { expect: [200] });
    await row.getByRole("cell", { name: "never", exact: true }).waitFor({ state: "detached" });
    await checkAccessibility();
    await page.getByRole("link", { name: "web/api" }).click();
    await page.getByRole("cell", { name: "1.0 linux/amd64", exact: true }).waitFor();
    expect(await page.title()).toBe("web/api · Spacedock");
    await checkAccessibility();
  });

  it("have addresses of their own, which can be reloaded", async () => {
    const access = { url: registry.url, secret: keeper };
    await push(access, `${space.name}/deep/link`, "2.0");
    const { page, signIn, goTo } = await open();
    await signIn(keeper);
    await goTo(`${home()}/repositories/deep%2Flink`);
    await page.getByRole("link", { name: "2.0", exact: true }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "2.0", exact: true }).waitFor();
    await goTo("/nowhere/at/all");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Page not found");
  });

  it("of another space are not shown", async () => {
    const other = await openSpace(registry, "console-other");
    const { page, signIn, goTo, expectRefusal } = await open();
    expectRefusal(404);
    await signIn(keeper);
    await goTo(home(other.name));
    await page.getByRole("alert").getByText("No such space").waitFor();
    await goTo("/spaces");
    expect(new URL(page.url()).pathname).toBe(home());
  });
});

describe("the administrator", () => {
  it("makes a space, and goes from one to another", async () => {
    const { page, signIn, checkAccessibility } = await open();
    await signIn(registry.adminToken);
    await page.waitForURL("**/spaces");
    await page.getByRole("link", { name: space.name, exact: true }).waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "New space" }).click();
    await page.getByLabel("Name").fill(`${space.name}-made`);
    await page.getByRole("checkbox", { name: "Anyone may pull" }).check();
    await checkAccessibility();
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: `${space.name}-made`, level: 1 }).waitFor();
    await page.getByRole("button", { name: `${space.name}-made, choose a space` }).click();
    await checkAccessibility();
    await page.getByRole("menuitem", { name: space.name, exact: true }).click();
    await page.getByRole("heading", { name: space.name, exact: true, level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe(home());
    await page.getByRole("link", { name: "Spacedock, start" }).click();
    const made = page.getByRole("row").filter({ hasText: `${space.name}-made` });
    await made.getByText("public", { exact: true }).waitFor();
  });

  it("is told what is wrong with a name", async () => {
    const { page, signIn, expectRefusal } = await open();
    expectRefusal(400);
    expectRefusal(409);
    await signIn(registry.adminToken);
    await page.getByRole("button", { name: "New space" }).click();
    for (const [name, told] of [
      ["Not A Name", "Name: lower-case letters and digits"],
      [space.name, "A space of that name already exists"],
    ] as const) {
      await page.getByLabel("Name").fill(name);
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByRole("alert").getByText(told).waitFor();
    }
    expect(await page.getByRole("dialog").count()).toBe(1);
  });
});

describe("the page", () => {
  it("shows hostile text as text", async () => {
    const name = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    const { page, signIn } = await open();
    await signIn(await registry.createToken(space.name, { actions: ["admin"], name }));
    await page.getByRole("button", { name: `${name}, account` }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
  });

  it("is used by keyboard alone", async () => {
    for (const name of ["a", "b", "c"])
      await push({ url: registry.url, secret: keeper }, `${space.name}/keys-${name}`, "1");
    const { page, goTo } = await open();
    await goTo("/sign-in");
    await page.keyboard.type(keeper);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "keys-a" }).waitFor();
    await page.keyboard.press("Tab");
    await page.getByRole("link", { name: "keys-a" }).focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("keys-b");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search for a repository or space" }).waitFor();
    await page.keyboard.type("keys-c");
    await page.getByRole("option", { name: `${space.name}/keys-c` }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "keys-c", level: 1 }).waitFor();
    // The focus follows, so that a screen reader tells the place.
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("keys-c");
  });

  it("lets one skip to the content", async () => {
    const { page, signIn } = await open();
    await signIn(keeper);
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("main");
  });

  it.each([
    ["a phone", PHONE, "light"],
    ["a phone at night", PHONE, "dark"],
    ["a desk", WIDE, "light"],
    ["a desk at night", WIDE, "dark"],
  ] as const)("fits %s", async (_name, viewport, colorScheme) => {
    const { page, signIn, checkAccessibility } = await open({ viewport, colorScheme });
    await signIn(keeper);
    await page.getByRole("table").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await checkAccessibility();
  });

  it("keeps the appearance that was chosen", async () => {
    const { page, signIn } = await open({ colorScheme: "light" });
    const background = (): Promise<unknown> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await signIn(keeper);
    const light = await background();
    await page.getByRole("button", { name: "account" }).click();
    await page.getByRole("menuitemradio", { name: "dark" }).click();
    await expect.poll(background).not.toBe(light);
    const dark = await background();
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await background()).toBe(dark);
  });
});

describe("what the Worker sends", () => {
  const POLICY =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

  it.each(["/", "/sign-in", "/spaces/x/repositories/a%2Fb"])(
    "has strict headers at %s, and is asked for anew",
    async (path) => {
      const { headers } = await fetch(registry.url + path, { headers: { Accept: "text/html" } });
      expect(headers.get("Content-Type")).toContain("text/html");
      expect(headers.get("Content-Security-Policy")).toBe(POLICY);
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
      expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
      expect(headers.get("Permissions-Policy")).toContain("camera=()");
      expect(headers.get("Cache-Control")).toMatch(/max-age=0, must-revalidate/);
    },
  );

  it("is kept for ever where its name has its hash, and not where it is not there", async () => {
    const html = await (await fetch(`${registry.url}/sign-in`, { headers: { Accept: "text/html" } })).text();
    const [script = ""] = /\/assets\/[\w.-]+\.js/.exec(html) ?? [];
    const { status, headers } = await fetch(registry.url + script);
    expect(status).toBe(200);
    expect(headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    expect(headers.get("Content-Security-Policy")).toBe(POLICY);
    const gone = await fetch(`${registry.url}/assets/index-old.js`);
    expect(gone.status).toBe(404);
    expect(gone.headers.get("Cache-Control")).toBeNull();
  });

  it("is text for clients that are no browsers", async () => {
    expect(await (await fetch(registry.url)).text()).toContain(`docker login ${registry.host}`);
    expect((await fetch(`${registry.url}/sign-in`)).status).toBe(404);
  });
});

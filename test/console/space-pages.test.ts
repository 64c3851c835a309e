import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ask, finishAddress, locationOf } from "../../harness/live/ask.ts";
import { blobOf } from "../../harness/live/image.ts";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole, WIDE } from "./support/browser.ts";
import { push } from "./support/push.ts";

const { registry, open } = useConsole();

const token = z.object({ id: z.string(), token: z.string() });

let space: Space;
/** The secret of a token that may push and that manages its space. */
let keeper: string;

beforeAll(async () => {
  space = await openSpace(registry, "pages");
  const actions = ["pull", "push", "delete", "admin"] as const;
  keeper = await registry.createToken(space.name, { actions, name: "keeper", expiresIn: 90 * 86_400 });
  await push({ url: registry.url, secret: keeper }, `${space.name}/web/api`, "1.0");
  await push({ url: registry.url, secret: keeper }, `${space.name}/jobs`, "1.0");
});

function at(page: string): string {
  return `/spaces/${space.name}/${page}`;
}

async function manage(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${registry.url}/api/v1/spaces/${space.name}${path}`, {
    method,
    headers: { Authorization: `Bearer ${registry.adminToken}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  expect(answer.status).toBeLessThan(300);
  return answer.status === 204 ? null : answer.json();
}

describe("tokens", () => {
  it("are made with what they may do, shown once with the login command, and revoked", async () => {
    const { page, signIn, goTo, checkAccessibility, pasted } = await open();
    await signIn(keeper);
    await goTo(at("tokens"));
    await page.getByRole("link", { name: "New token" }).click();
    await page.getByRole("heading", { name: "New token" }).waitFor();
    await page.getByLabel("Name").fill("CI of the shop");
    await page.getByRole("checkbox", { name: "pull" }).uncheck();
    expect(await page.getByRole("button", { name: "Create token" }).isDisabled()).toBe(true);
    // A right to push is useless without one to pull.
    await page.getByRole("checkbox", { name: "push" }).check();
    expect(await page.getByRole("checkbox", { name: "pull" }).isChecked()).toBe(true);
    await page.getByLabel("Repositories").fill("web/**\n!web/secret");
    await page.getByText("Covers 1 of 2 repositories: web/api.").waitFor();
    await page.getByLabel("Expires").selectOption("in 7 days");
    await checkAccessibility();
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByText("It is not shown again").waitFor();
    await checkAccessibility();
    const secret = (await page.getByLabel("the token", { exact: true }).textContent()) ?? "";
    expect(secret).toMatch(/^sdt_/);
    await page.getByRole("button", { name: "Copy the login command" }).click();
    await page.getByText("Copied", { exact: true }).waitFor({ state: "attached" });
    expect(await pasted()).toBe(`echo ${secret} | docker login ${registry.host} -u ${space.name} --password-stdin`);
    await push({ url: registry.url, secret }, `${space.name}/web/api`, "ci");
    await page.getByRole("link", { name: "I have copied it" }).click();
    const row = page.getByRole("row").filter({ hasText: "CI of the shop" });
    await row.getByText("expires soon").waitFor();
    for (const text of ["pull, push", "web/**, !web/secret", "in 6 days"]) await row.getByText(text).waitFor();
    await page.getByText("A token expires soon: CI of the shop in 6 days").waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.getByRole("link", { name: "New token" }).click();
    await page.getByRole("button", { name: "Create token" }).waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByRole("button", { name: "Create token" }).waitFor();
    const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])");
    expect(kept).not.toContain(secret);
    await goTo(at("tokens"));
    await checkAccessibility();
    await row.getByRole("button", { name: "Revoke CI of the shop" }).click();
    await page.getByText("This cannot be undone").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    // The dialog hides the table's roles until it closes.
    await page.getByText("Revoked token CI of the shop").waitFor();
    await row.waitFor({ state: "detached" });
    const refused = await fetch(`${registry.url}/v2/`, { headers: { Authorization: `Bearer ${secret}` } });
    expect(refused.status).toBe(401);
  });

  it("can end on a date, or never, with a word on that", async () => {
    const { page, signIn, goTo } = await open();
    await signIn(keeper);
    await goTo(at("tokens/new"));
    await page.getByLabel("Name").fill("until a date");
    await page.getByLabel("Expires").selectOption("never");
    await page.getByText("works until someone revokes it").waitFor();
    await page.getByLabel("Expires").selectOption("on a date …");
    const day = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("On", { exact: true }).fill(day);
    await page.getByRole("button", { name: "Create token" }).click();
    const end = page.getByText(/It expires in \d+ days/);
    expect(await end.textContent()).toMatch(/in (39|40|41) days/);
  });

  it("say what is wrong with a pattern", async () => {
    const { page, signIn, goTo, expectRefusal } = await open();
    expectRefusal(400);
    await signIn(keeper);
    await goTo(at("tokens/new"));
    await page.getByLabel("Name").fill("x");
    await page.getByLabel("Repositories").fill("Not A Pattern");
    await page.getByRole("button", { name: "Create token" }).click();
    await page.getByRole("alert").getByText("a pattern may have the characters of a repository's path").waitFor();
    expect(await page.getByLabel("Repositories").inputValue()).toBe("Not A Pattern");
  });

  it("are found by an address, and warn whoever revokes their own", async () => {
    const { page, signIn, goTo } = await open();
    await signIn(keeper);
    await goTo(`${at("tokens")}?search=keep`);
    await page.getByRole("cell", { name: "keeper", exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
    await page.getByRole("button", { name: "Revoke keeper" }).click();
    await page.getByText("you will be signed out").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("searchbox").fill("nobody");
    await page.getByText("No token matches “nobody”").waitFor();
    expect(new URL(page.url()).searchParams.get("search")).toBe("nobody");
  });
});

describe("storage", () => {
  it("is shown as a whole, by repository, over time, and what is to go", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    const access = { url: registry.url, secret: keeper };
    const blob = blobOf(new Uint8Array(5000));
    const started = await ask(access, "POST", `/v2/${space.name}/jobs/blobs/uploads/`, { expect: [202] });
    await ask(access, "PUT", finishAddress(locationOf(started), blob.digest), { expect: [201], body: blob.bytes });
    await fetch(`${registry.url}/cdn-cgi/handler/scheduled`);
    await signIn(keeper);
    await goTo(at("storage"));
    await page.getByRole("img", { name: /Stored bytes: .* on .*, .* on / }).waitFor();
    await page.getByRole("list", { name: "The largest repositories" }).getByRole("link", { name: "web/api" }).waitFor();
    const row = page
      .getByRole("table", { name: /What repositories/ })
      .getByRole("row")
      .filter({ hasText: "jobs" });
    await row.getByText("5.0 kB").waitFor();
    await page.getByRole("table", { name: "To be collected" }).getByText("5.0 kB").waitFor();
    // The limits, which only others may set, have no button that fails.
    expect(await page.getByRole("button", { name: "Change limits" }).count()).toBe(0);
    await checkAccessibility();
    await page.getByRole("link", { name: "400 days" }).click();
    await page.waitForURL("**/storage?days=400");
    await page.getByText("The figures", { exact: true }).click();
    await page.getByRole("columnheader", { name: "Day" }).waitFor();
  });

  it("has limits that the administrator sets", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(registry.adminToken);
    await goTo(at("storage"));
    await page.getByRole("button", { name: "Change limits" }).click();
    await page.getByLabel("Stored bytes", { exact: true }).fill("many");
    await page.getByRole("alert").getByText("a number and a unit").waitFor();
    await page.getByLabel("Stored bytes", { exact: true }).fill("100 kB");
    await page.getByLabel("Repositories", { exact: true }).fill("4");
    await checkAccessibility();
    await page.getByRole("dialog").getByRole("button", { name: "Save limits" }).click();
    await page.getByText("50 % of 4").waitFor();
    await page.getByText(/\d+ % of 100 kB/).waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Change limits" }).click();
    expect(await page.getByLabel("Stored bytes", { exact: true }).inputValue()).toBe("100 kB");
    await page.getByLabel("Stored bytes", { exact: true }).fill("");
    await page.getByRole("dialog").getByRole("button", { name: "Save limits" }).click();
    await page.getByText("no limit").waitFor();
  });

  it("of an empty space says so", async () => {
    const fresh = await openSpace(registry, "pages-empty");
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(await registry.createToken(fresh.name, { actions: ["admin"] }));
    await goTo(`/spaces/${fresh.name}/storage`);
    await page.getByText("the line begins tomorrow").waitFor();
    await page.getByText("Nothing is stored yet").waitFor();
    expect(await page.getByRole("table").count()).toBe(0);
    await page.getByText("Nothing: all that is stored is needed").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await checkAccessibility();
  });
});

describe("retention", () => {
  it("rules are previewed, saved, changed and deleted", async () => {
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(keeper);
    await goTo(at("retention"));
    await page.getByRole("heading", { name: "No rules yet: everything is kept" }).waitFor();
    await checkAccessibility();
    // Nothing is old enough to go yet, so the answer is made up.
    const asked: unknown[] = [];
    await page.route("**/retention-rules:preview*", (route) => {
      asked.push(route.request().postDataJSON());
      return route.fulfill({ json: PREVIEW });
    });
    await page.getByRole("link", { name: "New rule" }).click();
    await page.getByLabel("Name").fill("builds");
    await page.getByLabel("Repositories").fill("web/**");
    await page.getByLabel("Newest tags in each repository").fill("");
    await page.getByLabel("Tags by pattern").fill("v*");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("2 tags and 1 manifest would be deleted in 1 repository, freeing 1.2 MB.").waitFor();
    const keep = { tags: ["v*"], previouslyDeployed: 1 };
    const rule = { repositories: ["web/**"], keep, enabled: true };
    expect(asked).toEqual([rule, { ...rule, afterGrace: true }]);
    await page.getByText("web/api: 2 tags, 1 manifest, 1.2 MB").click();
    await page.getByText("<b>old</b>").waitFor();
    await checkAccessibility();
    await page.getByLabel("Tags by pattern").fill("");
    // The previous result was of another rule.
    expect(await page.getByText("would be deleted in").count()).toBe(0);
    await page.getByRole("button", { name: "Save rule" }).click();
    await page.getByText("This rule keeps nothing").waitFor();
    await page.getByRole("dialog").getByText("would be deleted in 1 repository").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Cancel" }).last().click();
    await page.getByLabel("Pulled within (days)").fill("90");
    await page.getByRole("button", { name: "Save rule" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row").filter({ hasText: "builds" });
    await row.getByText("pulled within 90 days").waitFor();
    await page.getByRole("link", { name: "builds" }).click();
    await page.getByRole("heading", { name: "The rule “builds”" }).waitFor();
    expect(await page.getByLabel("Repositories").inputValue()).toBe("web/**");
    await page.getByRole("checkbox", { name: "Enabled" }).uncheck();
    await page.getByRole("button", { name: "Save rule" }).click();
    await page.getByText("The rule is disabled, so it deletes nothing").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await row.getByText("off", { exact: true }).waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Delete builds" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("heading", { name: "No rules yet: everything is kept" }).waitFor();
  });
});

const PREVIEW = {
  items: [
    {
      repository: "web/api",
      tags: ["0.9", "<b>old</b>"],
      manifests: [`sha256:${"0".repeat(64)}`],
      tagCount: 2,
      manifestCount: 1,
      bytes: 1_200_000,
      complete: true,
    },
  ],
  totals: { repositories: 1, tags: 2, manifests: 1, bytes: 1_200_000 },
  next: null,
};

describe("activity", () => {
  it("says who did what, links to it, and can be narrowed by an address", async () => {
    const name = `<img src=x onerror="document.title='owned'">`;
    const { id } = token.parse(await manage("POST", "/tokens", { name, actions: ["pull"] }));
    await manage("DELETE", `/tokens/${id}`);
    const { page, signIn, goTo, checkAccessibility } = await open();
    await signIn(keeper);
    await goTo(at("activity"));
    await page
      .getByRole("row")
      .filter({ hasText: `revoked the token ${name}` })
      .first()
      .waitFor();
    await page.getByRole("row").filter({ hasText: "signed in to the console" }).first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
    await checkAccessibility();
    await page.getByLabel("What").selectOption("tags");
    await page.waitForURL("**/activity?kind=tag");
    await page.getByRole("row").filter({ hasText: "pushed the new tag web/api:1.0" }).waitFor();
    const pushed = page.getByRole("row").filter({ hasText: "pushed the new tag web/api:1.0" });
    expect(await pushed.getByRole("link", { name: ":1.0" }).getAttribute("href")).toMatch(/\/pushes\/evt_/);
    expect(await page.getByRole("row").filter({ hasText: "token" }).count()).toBe(0);
    await page.getByLabel("What").selectOption("everything");
    await page.getByLabel("Who").selectOption("Administrator");
    await page.waitForURL("**/activity?actor=administrator");
    await page.getByRole("row").filter({ hasText: "made the token" }).first().waitFor();
    await expect.poll(() => page.getByRole("row").filter({ hasText: "pushed" }).count()).toBe(0);
    await page.reload();
    await page.getByRole("row").filter({ hasText: "made the token" }).first().waitFor();
    await page.getByLabel("What").selectOption("deliveries");
    await page.getByRole("heading", { name: "No matching activity" }).waitFor();
    await checkAccessibility();
  });

  it("of the registry is shown to its administrator", async () => {
    const { page, signIn, checkAccessibility } = await open();
    await signIn(registry.adminToken);
    await page.getByRole("link", { name: "Activity" }).click();
    const row = page.getByRole("row").filter({ hasText: `made the space ${space.name}` });
    expect(await row.first().textContent()).toContain("Administrator");
    await checkAccessibility();
  });
});

describe("settings", () => {
  it("say for which registries the space stands, who may pull, and which tags are immutable", async () => {
    const { page, signIn, checkAccessibility, expectRefusal } = await open();
    expectRefusal(400);
    await signIn(keeper);
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    const registries = page.getByLabel("Registries that the space stands for");
    const tags = page.getByLabel("Immutable tags");
    const isPublic = page.getByRole("checkbox", { name: "Anyone may pull" });
    const save = page.getByRole("button", { name: "Save", exact: true });
    await registries.fill("Docker.IO");
    await save.click();
    await page.getByRole("alert").getByText("A registry's host, for example docker.io: lower-case").waitFor();
    expect(await registries.getAttribute("aria-invalid")).toBe("true");
    expect(await tags.getAttribute("aria-invalid")).toBe("false");
    expect(await registries.inputValue()).toBe("Docker.IO");
    await checkAccessibility();
    // With the keyboard only.
    await registries.fill("docker.io\n\n ghcr.io ");
    await registries.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Settings saved").waitFor();
    await expect.poll(() => registries.inputValue()).toBe("docker.io\nghcr.io");
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await manage("GET", "")).toMatchObject({ namespaces: ["docker.io", "ghcr.io"], immutableTags: [] });

    await tags.fill("what?!");
    await save.click();
    await page.getByRole("alert").getByText("No tag can match this").waitFor();
    // A change that somebody else makes meanwhile stays, since only the fields that were changed here are sent.
    await manage("PATCH", "", { namespaces: ["quay.io"] });
    await tags.fill("v*\n!*-rc*");
    await isPublic.check();
    await save.click();
    await expect.poll(() => registries.inputValue()).toBe("quay.io");
    const saved = { public: true, immutableTags: ["v*", "!*-rc*"], namespaces: ["quay.io"] };
    expect(await manage("GET", "")).toMatchObject(saved);
    await page.reload();
    await expect.poll(() => isPublic.isChecked()).toBe(true);
    expect(await tags.inputValue()).toBe("v*\n!*-rc*");

    await isPublic.uncheck();
    await tags.fill("");
    await registries.fill("");
    await save.click();
    await page.getByText("Settings saved").waitFor();
    expect(await manage("GET", "")).toMatchObject({ public: false, immutableTags: [], namespaces: [] });
    expect(await save.isDisabled()).toBe(true);
  });

  it("are for those who manage the space", async () => {
    const { page, signIn, goTo } = await open();
    await signIn(await registry.createToken(space.name, { actions: ["pull", "push"], name: "developer" }));
    await page.getByRole("link", { name: "Repositories" }).waitFor();
    expect(await page.getByRole("link", { name: "Settings" }).count()).toBe(0);
    await goTo(at("settings"));
    await page.getByText("lacks the action admin").waitFor();
    expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
  });
});

describe("the API's reference", () => {
  it("is open to everybody, tells of each operation, and is searched", async () => {
    const { page, goTo, checkAccessibility } = await open();
    await goTo("/api/v1/docs");
    await page.getByRole("region", { name: "POST /api/v1/spaces/{space}/tokens", exact: true }).waitFor();
    await checkAccessibility();
    await page.getByRole("searchbox").fill("createToken");
    const operation = page.getByRole("region", { name: "POST /api/v1/spaces/{space}/tokens", exact: true });
    await operation.getByText(/^Seconds/).waitFor();
    const command = await operation.getByLabel("a request for createToken", { exact: true }).textContent();
    expect(command).toBe(
      `curl -X POST '${registry.url}/api/v1/spaces/acme/tokens' \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -d '{"name":"…","actions":["pull"]}'`,
    );
    await page.getByText("Its fields").click();
    await operation.getByText("expiresAt").waitFor();
  });

  it("has the settings of each type of target", async () => {
    const { page, goTo, checkAccessibility } = await open();
    await goTo("/api/v1/docs");
    await page.getByRole("searchbox").fill("createTarget");
    const operation = page.getByRole("region", { name: "POST /api/v1/spaces/{space}/targets", exact: true });
    await operation.getByText("Its fields").click();
    const settings = operation.locator("details").filter({ hasText: "GitHub Actions" }).last();
    await settings.getByText("GitHub Actions").click();
    await settings.getByText("The user or organization that owns the repository.").waitFor();
    expect(await operation.getByText("serviceAccount").isVisible()).toBe(false);
    await checkAccessibility();
  });

  it("has an address for each operation, and leads programs to the document", async () => {
    const { page, goTo } = await open();
    await goTo("/api/v1/docs#createTrigger");
    const operation = page.getByRole("region", { name: "POST /api/v1/spaces/{space}/triggers", exact: true });
    await operation.waitFor();
    await expect.poll(async () => (await operation.boundingBox())?.y ?? 9999).toBeLessThan(WIDE.height);
    const { status, headers } = await fetch(`${registry.url}/api/v1/docs`, { redirect: "manual" });
    expect([status, headers.get("Location")]).toEqual([302, "/api/v1/openapi.json"]);
  });
});

describe("every page", () => {
  const PAGES = ["tokens", "tokens/new", "storage", "retention", "retention/new", "activity", "settings"] as const;

  it.each([
    ["a phone", PHONE, "light"],
    ["a phone at night", PHONE, "dark"],
    ["a desk", WIDE, "light"],
    ["a desk at night", WIDE, "dark"],
  ] as const)("fits %s", async (_name, viewport, colorScheme) => {
    const { page, signIn, goTo, checkAccessibility } = await open({ viewport, colorScheme });
    await signIn(registry.adminToken);
    for (const path of [...PAGES.map(at), "/activity", "/api/v1/docs"]) {
      await goTo(path);
      await page.waitForLoadState("networkidle");
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path).toBe(true);
      await checkAccessibility();
    }
  });
});

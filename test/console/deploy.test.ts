import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { PHONE, useConsole, WIDE } from "./support/browser.ts";
import { push } from "./support/push.ts";
import { useReceiver } from "./support/receiver.ts";

const { registry, open } = useConsole();
const receiver = useReceiver();

let space: Space;
/** The secret of a token that may push and that manages its space. */
let keeper: string;

beforeAll(async () => {
  space = await openSpace(registry, "deploy");
  keeper = await registry.createToken(space.name, { actions: ["pull", "push", "delete", "admin"], name: "ci" });
});

beforeEach(() => {
  receiver.answer = () => ({ status: 200, body: "thanks" });
});

const at = (path: string, { name } = space): string => `/spaces/${name}/${path}`;
const pushed = (path: string, tag: string): Promise<string> =>
  push({ url: registry.url, secret: keeper }, `${space.name}/${path}`, tag);

const made = z.looseObject({ id: z.string() });

async function manage(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${registry.url}/api/v1/spaces/${space.name}/${path}`, {
    method,
    headers: { Authorization: `Bearer ${keeper}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return answer.json();
}

async function make(path: string, body: object): Promise<string> {
  return made.parse(await manage("POST", path, body)).id;
}

const makeTarget = (name: string, more: object = {}): Promise<string> =>
  make("targets", { name, type: "standard-webhook", url: `${receiver.url()}/hook`, ...more });

describe("from nothing to a deployment", () => {
  it("one makes a target and a trigger, pushes, sees it delivered, broken, why, and sent again", async () => {
    const fresh = await openSpace(registry, "deploy-fresh");
    const secret = await registry.createToken(fresh.name, { actions: ["pull", "push", "admin"], name: "ci" });
    const access = { url: registry.url, secret };
    const { page, signIn, checkAccessibility, pasted } = await open();
    await signIn(secret);
    await page.getByRole("link", { name: "Targets" }).click();
    await page.getByRole("heading", { name: "No targets yet" }).waitFor();
    await page.getByRole("link", { name: "New target" }).click();
    await page.getByRole("heading", { name: "New target", level: 1 }).waitFor();
    await page.getByLabel("Name").fill("staging");
    await page.getByLabel("Address").fill(`${receiver.url()}/hook`);
    await checkAccessibility();
    await page.getByRole("button", { name: "Create" }).click();
    const shown = page.getByLabel("secret", { exact: true });
    const webhookSecret = await shown.textContent();
    expect(webhookSecret).toMatch(/^whsec_/);
    await checkAccessibility();
    await page.getByRole("button", { name: "Copy secret" }).click();
    await page.getByText("Copied").waitFor({ state: "attached" });
    expect(await pasted()).toBe(webhookSecret);
    await page.getByRole("button", { name: "I have saved it" }).click();
    await page.getByRole("heading", { name: "staging", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "staging", level: 1 }).waitFor();
    expect(await page.content()).not.toContain(webhookSecret ?? "whsec_");

    await page.getByRole("link", { name: "None yet. Create one" }).click();
    await page.getByRole("heading", { name: "New trigger", level: 1 }).waitFor();
    await page.getByLabel("Name").fill("releases");
    await page.getByRole("checkbox", { name: "staging (standard-webhook)" }).check();
    await page.getByLabel("Tags").selectOption("semver");
    await page.getByLabel("Range").fill("^1.0");
    await page.getByText("No recent pushes").waitFor();
    await push(access, `${fresh.name}/web`, "0.9.0");
    await page.getByText("The version 0.9.0 is not within ^1.0.").waitFor();
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "releases", level: 1 }).waitFor();
    await checkAccessibility();

    for (const tag of ["0.9.1", "1.0.0"]) await push(access, `${fresh.name}/web`, tag);
    await page.getByRole("link", { name: "Deliveries", exact: true }).click();
    const row = page.getByRole("row").filter({ hasText: "web:1.0.0" });
    await row.getByText("delivered").waitFor();
    await checkAccessibility();

    receiver.answer = () => ({ status: 503, body: "see https://status.example.com/1 <b>soon</b>" });
    await push(access, `${fresh.name}/web`, "1.1.0");
    const broken = page.getByRole("row").filter({ hasText: "web:1.1.0" });
    await broken.getByText("it answered 503: see").waitFor();
    expect(await broken.getByRole("link", { name: "https://status.example.com/1" }).getAttribute("rel")).toContain(
      "noopener",
    );
    await broken.getByRole("link", { name: "web:1.1.0" }).click();
    await page.getByText("<b>soon</b>").first().waitFor();
    await page.getByText("Next attempt").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^canceled by /).waitFor();
    receiver.answer = () => ({ status: 200, body: "back again" });
    await page.getByRole("button", { name: "Redeliver" }).click();
    await page.getByText(/be told to deploy .*web:1\.1\.0.* in place of .*web:1\.0\.0/).waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("back again").waitFor();
    await page.getByText("delivered", { exact: true }).waitFor();

    await page.getByRole("link", { name: "web:1.1.0", exact: true }).click();
    await page.getByRole("heading", { name: "web:1.1.0", level: 1 }).waitFor();
    await page.getByText("was told", { exact: true }).waitFor();
    await page.getByText("none: the tag is new").waitFor();
    await page.getByText("ci", { exact: true }).first().waitFor();
    await checkAccessibility();
    await page.getByRole("link", { name: "Pushes" }).click();
    await page.getByRole("link", { name: "web:0.9.1" }).click();
    await page.getByText("did not fire").waitFor();
    await page.getByText("The version 0.9.1 is not within ^1.0.").waitFor();
    await page.getByText("No target has taken it").waitFor();
  });
});

describe("a trigger", () => {
  it("shows while one types what it would have made of the last pushes, and what is wrong beside its field", async () => {
    await pushed("preview/web", "1.0.0");
    await pushed("preview/web", "2.0.0-rc.1");
    const { page, goTo, signIn, expectRefusal, checkAccessibility } = await open();
    expectRefusal(400);
    await signIn(keeper);
    await goTo(at("triggers/new"));
    const preview = page.getByRole("region", { name: "Preview" });
    await page.getByLabel("Repositories").fill("preview/*");
    await page.getByLabel("Tags").selectOption("semver");
    await page.getByLabel("Range").fill(">=1");
    await preview.getByText("The tag 2.0.0-rc.1 is a prerelease; the trigger takes none.").waitFor();
    await page.getByLabel("Prereleases").selectOption("any");
    await preview.getByText("It would have fired for 2 of").waitFor();
    await page.getByLabel("Range").fill(">=1 <");
    const range = page.getByLabel("Range");
    await expect.poll(() => range.getAttribute("aria-invalid")).toBe("true");
    await preview.getByText("The preview appears once the marked fields are corrected").waitFor();
    await checkAccessibility();
    await range.fill("^1");
    await preview.getByText("The version 2.0.0-rc.1 is not within ^1.").waitFor();
    expect(await range.getAttribute("aria-invalid")).toBe("false");
    await page.getByText("Waiting for other pushes").click();
    await page.getByLabel("Together with").fill("preview/web\nelsewhere");
    await page.getByRole("alert").getByText("match.repositories does not include it").waitFor();
    await page.getByLabel("Together with").fill("");
    await page.getByLabel("Name").fill("none");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").getByText("Name a target").waitFor();
  });

  it("keeps what its form says while its first target is made", async () => {
    const { page, goTo, signIn } = await open();
    await signIn(keeper);
    await goTo(at("triggers/new"));
    await page.getByLabel("Name").fill("half-filled");
    const opened = page.waitForEvent("popup");
    await page.getByRole("link", { name: "target (in a new tab)" }).click();
    await (await opened).getByRole("heading", { name: "New target", level: 1 }).waitFor();
    await makeTarget("made-meanwhile");
    await page.getByRole("checkbox", { name: "made-meanwhile (standard-webhook)" }).check();
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "half-filled", level: 1 }).waitFor();
    expect(await page.getByRole("checkbox", { name: "made-meanwhile (standard-webhook)" }).isChecked()).toBe(true);
  });

  it("is changed, switched off and on, and deleted", async () => {
    const target = await makeTarget("changed-hook");
    const more = { group: { requireAll: ["a", "b"] }, debounceSeconds: 7, targets: [target] };
    const id = await make("triggers", { name: "changed", match: { repositories: ["**", "!x"] }, ...more });
    const { page, goTo, signIn, checkAccessibility } = await open();
    await signIn(keeper);
    await goTo(at(`triggers/${id}`));
    expect(await page.getByLabel("Together with").inputValue()).toBe("a\nb");
    expect(await page.getByLabel("Debounce (seconds)").inputValue()).toBe("7");
    await page.getByLabel("Together with").fill("");
    await page.getByLabel("Tags").selectOption("glob");
    await page.getByLabel("Pattern").fill("v*");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    await page.reload();
    await page.getByLabel("Pattern").waitFor();
    expect(await page.getByLabel("Pattern").inputValue()).toBe("v*");
    expect(await page.getByLabel("Repositories").inputValue()).toBe("**\n!x");
    expect(await page.getByLabel("Together with").inputValue()).toBe("");
    expect(await page.getByLabel("Debounce (seconds)").inputValue()).toBe("7");
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByText("disabled", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByText("on", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await checkAccessibility();
    await page.getByRole("button", { name: "Delete the trigger" }).click();
    await page.waitForURL(`**${at("triggers")}`);
    await expect.poll(() => page.getByRole("link", { name: "changed", exact: true }).count()).toBe(0);
  });

  it("keeps all that its form says", async () => {
    const target = await makeTarget("whole-hook");
    const id = await make("triggers", { name: "whole", match: { repositories: ["a"] }, targets: [target] });
    const { page, goTo, signIn } = await open();
    await signIn(keeper);
    await goTo(at(`triggers/${id}`));
    await page.getByLabel("Repositories").fill("a\nb/*");
    await page.getByLabel("Tags").selectOption("semver");
    await page.getByLabel("Range").fill("^1");
    await page.getByLabel("Prereleases").selectOption("regex");
    await page.getByLabel("Prereleases that match").fill("^rc");
    await page.getByRole("checkbox", { name: "Only newer tags" }).check();
    await page.getByRole("checkbox", { name: "Order by push time" }).check();
    await page.getByRole("checkbox", { name: "Only versions of three numbers" }).check();
    await page.getByLabel("Versions that also match").fill("regex:^v?1");
    await page.getByLabel("Except").fill("1.0.0");
    await page.getByRole("checkbox", { name: "a tag is pushed again" }).uncheck();
    await page.getByRole("checkbox", { name: "Only if the digest changed" }).check();
    await page.getByText("Content and pusher").click();
    await page.getByLabel("Platforms").fill("linux/amd64\nlinux/arm64");
    await page.getByLabel("Kinds of content").fill("image");
    await page.getByLabel("Pushed by").fill("token:ci-*");
    await page.getByText("Waiting for other pushes").click();
    await page.getByLabel("Together with").fill("a\nb/c");
    await page.getByLabel("Within (seconds)").fill("60");
    await page.getByLabel("Debounce (seconds)").fill("5");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    expect(await manage("GET", `triggers/${id}`)).toMatchObject({
      match: {
        repositories: ["a", "b/*"],
        events: ["tag.created"],
        tag: {
          type: "semver",
          value: "^1",
          prerelease: "regex",
          prereleaseRegex: "^rc",
          exclude: ["1.0.0"],
          onlyIfNewer: true,
          order: "pushed",
          strict: true,
          pattern: { type: "regex", value: "^v?1" },
        },
        digestChangedOnly: true,
        platforms: { all: ["linux/amd64", "linux/arm64"] },
        artifactTypes: ["image"],
        actors: ["token:ci-*"],
      },
      group: { requireAll: ["a", "b/c"], timeoutSeconds: 60 },
      debounceSeconds: 5,
      targets: [target],
    });
  });

  it("is tested with the push that one names", async () => {
    const target = await makeTarget("named-hook");
    const id = await make("triggers", { name: "named", match: { repositories: ["none"] }, targets: [target] });
    for (const tag of ["0.9", "1.0"]) await pushed("named", tag);
    const { page, goTo, signIn } = await open();
    await signIn(keeper);
    await goTo(at(`triggers/${id}`));
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByLabel("Repository", { exact: true }).fill("named");
    await page.getByLabel("Tag", { exact: true }).fill("0.9");
    await page.getByRole("button", { name: "Send test" }).click();
    await page.getByRole("list", { name: "Results" }).getByText("thanks").waitFor();
    expect(receiver.received.at(-1)).toContain('"tag":"0.9"');
  });

  it("is tested, and what failed is replayed", async () => {
    receiver.answer = () => ({ status: 410, body: "no longer here" });
    const target = await makeTarget("tested-hook");
    const id = await make("triggers", { name: "tested", match: { repositories: ["tested"] }, targets: [target] });
    await pushed("tested", "1.0");
    const { page, goTo, signIn, checkAccessibility } = await open();
    await signIn(keeper);
    await goTo(at(`deliveries?trigger=${id}`));
    await page.getByText("failed", { exact: true }).last().waitFor();
    await goTo(at(`targets/${target}`));
    await page.getByText("it answered 410 Gone").waitFor();
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByText("on", { exact: true }).waitFor();
    receiver.answer = () => ({ status: 200, body: "taken now" });
    await goTo(at(`triggers/${id}`));
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByRole("button", { name: "Send test" }).click();
    await page.getByRole("list", { name: "Results" }).getByText("taken now").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Replay" }).click();
    await checkAccessibility();
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("Sending 1 again").waitFor();
    await page.getByRole("link", { name: "View deliveries" }).click();
    await page.getByRole("row").getByText("delivered").waitFor();
    await page.getByLabel("State").selectOption("failed");
    await page.getByText("No delivery is like that").waitFor();
    expect(new URL(page.url()).search).toContain("status=failed");
    await page.reload();
    await page.getByText("No delivery is like that").waitFor();
  });
});

describe("a delivery", () => {
  it("that nobody tries any more is sent again by hand", async () => {
    receiver.answer = () => ({ status: 410, body: "no longer here" });
    const target = await makeTarget("again-hook");
    const trigger = await make("triggers", { name: "again", match: { repositories: ["again"] }, targets: [target] });
    await pushed("again", "1.0");
    const { page, goTo, signIn } = await open();
    await signIn(keeper);
    await goTo(at(`deliveries?trigger=${trigger}`));
    await page.getByRole("row").filter({ hasText: "failed" }).getByRole("link", { name: "again:1.0" }).click();
    await page.getByText("it answered 410").waitFor();
    await manage("POST", `targets/${target}/enable`);
    receiver.answer = () => ({ status: 200, body: "taken now" });
    const before = receiver.received.length;
    const button = page.getByRole("button", { name: "Redeliver" });
    expect(await button.getAttribute("class")).toContain("primary");
    await button.click();
    await page.getByText("It is not known to have anything else of this repository.").waitFor();
    expect(receiver.received.length).toBe(before);
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("taken now").waitFor();
    await page.getByText("delivered", { exact: true }).waitFor();
    expect(receiver.received.length).toBe(before + 1);
    expect(await button.getAttribute("class")).not.toContain("primary");
  });
});

describe("a target", () => {
  it("of each kind that there is can be made", async () => {
    const { page, goTo, signIn, checkAccessibility } = await open();
    await signIn(keeper);
    const refused = await fetch(`${registry.url}/api/v1/spaces/${space.name}/targets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${keeper}` },
      body: JSON.stringify({ name: "x", type: "none" }),
    });
    const { detail } = z.object({ detail: z.string() }).parse(await refused.json());
    const types = detail.replace(/^.*one of /, "").split(", ");
    await goTo(at("targets/new"));
    const offered = await page
      .getByLabel("Kind")
      .locator("option")
      .evaluateAll((all) => all.map((one) => one.getAttribute("value")));
    expect(new Set(offered)).toEqual(new Set(types));
    for (const type of types) {
      await page.getByLabel("Kind").selectOption(type);
      await checkAccessibility();
    }
  });

  it("for Octopus is made with its settings, and shows release and tasks", async () => {
    receiver.answer = (path) => {
      if (path.includes("releases/create"))
        return { status: 201, body: `{"ReleaseId":"Releases-9","ReleaseVersion":"1.2.3"}` };
      if (path.includes("deployments/create"))
        return { status: 201, body: `{"DeploymentServerTasks":[{"ServerTaskId":"ServerTasks-7"}]}` };
      return { status: 200, body: `{"State":"Success","IsCompleted":true,"FinishedSuccessfully":true}` };
    };
    const { page, goTo, signIn, expectRefusal } = await open();
    expectRefusal(400);
    await signIn(keeper);
    await goTo(at("targets/new"));
    await page.getByLabel("Name").fill("octopus");
    await page.getByLabel("Kind").selectOption("octopus");
    await page.getByLabel("Address").fill(receiver.url());
    await page.getByLabel("Project").fill("Web");
    await page.getByLabel("Deploy to").fill("Development\nTest");
    await page.getByLabel("Space", { exact: true }).fill("One");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").getByText("for example Spaces-1").waitFor();
    await page.getByLabel("Space", { exact: true }).fill("Spaces-1");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").getByText("needs either an API key").waitFor();
    await page.getByLabel("API key").fill("API-KEY-1");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "octopus", level: 1 }).waitFor();
    expect(await page.getByLabel("Deploy to").inputValue()).toBe("Development\nTest");
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await make("triggers", { name: "octopus", match: { repositories: ["octopus"] }, targets: [id] });
    await pushed("octopus", "1.2.3");
    await goTo(at(`deliveries?target=${id}`));
    const link = page.getByRole("link", { name: /releases\/Releases-9$/ });
    await link.waitFor();
    expect(await link.getAttribute("href")).toBe(`${receiver.url()}/app#/Spaces-1/releases/Releases-9`);
    await page.getByRole("link", { name: /tasks\/ServerTasks-7$/ }).waitFor();
  });

  it("asks for its secret again when it moves, and shows a new one of ours once", async () => {
    const given = await makeTarget("moved", { type: "harbor", secret: "Bearer one" });
    const { page, goTo, signIn, expectRefusal } = await open();
    expectRefusal(400);
    await signIn(keeper);
    await goTo(at(`targets/${given}`));
    await page.getByLabel("Address").fill(`${receiver.url()}/elsewhere`);
    await page.getByText("Enter it again below").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("Give it again").waitFor();
    await page.getByLabel("Authorization header").fill("Bearer two");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    expect(await page.getByLabel("Authorization header").inputValue()).toBe("");

    await goTo(at(`targets/${await makeTarget("moved too")}`));
    await page.getByLabel("Address").fill(`${receiver.url()}/elsewhere`);
    await page.getByRole("button", { name: "Save" }).click();
    const first = await page.getByLabel("secret", { exact: true }).textContent();
    expect(first).toMatch(/^whsec_/);
    await page.getByRole("button", { name: "I have saved it" }).click();
    await page.getByRole("button", { name: "Rotate the secret" }).click();
    await page.getByRole("button", { name: "Rotate", exact: true }).click();
    await page.getByText("It is not shown again").waitFor();
    expect(await page.getByLabel("secret", { exact: true }).textContent()).not.toBe(first);
  });

  it("has no secret from then on that it is said to have none", async () => {
    const target = await makeTarget("open", { type: "harbor", secret: "Bearer one" });
    const { page, goTo, signIn } = await open();
    await signIn(keeper);
    await goTo(at(`targets/${target}`));
    await page.getByRole("checkbox", { name: "Remove the secret" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    expect(await page.getByRole("checkbox", { name: "Remove the secret" }).count()).toBe(0);
    expect(await manage("GET", `targets/${target}`)).toMatchObject({ hasSecret: false });
  });

  it("of a type that the page does not know keeps its settings", async () => {
    const config = { template: "custom", method: "GET" };
    const target = await makeTarget("old", { type: "url-hook", config });
    const { page, goTo, signIn } = await open();
    await page.route("**/api/v1/target-types", (route) => route.fulfill({ json: { types: [] } }));
    await signIn(keeper);
    await goTo(at(`targets/${target}`));
    await page.getByLabel("Name").fill("older");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    expect(await manage("GET", `targets/${target}`)).toMatchObject({ name: "older", config });
  });

  it("is deleted after one sees what depends on it", async () => {
    const target = await makeTarget("doomed");
    await make("triggers", { name: "depends on it", match: { repositories: ["none"] }, targets: [target] });
    const { page, goTo, signIn, checkAccessibility } = await open();
    await signIn(keeper);
    await goTo(at(`targets/${target}`));
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByText("depends on it, which then has no target left").waitFor();
    await checkAccessibility();
    await page.getByRole("button", { name: "Delete the target" }).click();
    await page.waitForURL(`**${at("targets")}`);
    await page.getByRole("link", { name: "Triggers" }).click();
    const row = page.getByRole("row").filter({ hasText: "depends on it" });
    await row.getByText("deleted").waitFor();
    expect(await row.getByRole("link").allTextContents()).toEqual(["depends on it"]);
  });
});

describe("the pages", () => {
  it("show hostile text as text", async () => {
    const name = `<img src=x onerror="document.title='owned'">`;
    receiver.answer = () => ({ status: 500, body: `${name} javascript:alert(1) https://"><script>` });
    const target = await makeTarget(name);
    const id = await make("triggers", { name, match: { repositories: ["hostile"] }, targets: [target] });
    await pushed("hostile", "1.0");
    const { page, goTo, signIn } = await open();
    await signIn(keeper);
    await goTo(at(`deliveries?trigger=${id}`));
    await page.getByText("javascript:alert(1)").waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
    expect(await page.title()).toBe("Deliveries · Spacedock");
  });

  it.each([
    ["a phone at night", PHONE, "dark"],
    ["a desk", WIDE, "light"],
  ] as const)("fit %s", async (_name, viewport, colorScheme) => {
    const target = await makeTarget("fits");
    const id = await make("triggers", { name: "fits", match: { repositories: ["fits"] }, targets: [target] });
    const { page, signIn, goTo, checkAccessibility } = await open({ viewport, colorScheme });
    await signIn(keeper);
    for (const path of [
      "pushes",
      "deliveries",
      "triggers",
      `triggers/${id}`,
      "triggers/new",
      "targets",
      `targets/${target}`,
      "targets/new",
    ]) {
      await goTo(at(path));
      await expect.poll(() => page.getByRole("main").getByText("Loading").count()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path).toBe(true);
      await checkAccessibility();
    }
  });

  it("say when there is nothing at an address", async () => {
    const { page, goTo, signIn, expectRefusal } = await open();
    expectRefusal(404);
    await signIn(keeper);
    for (const [path, told] of [
      ["triggers/trg_none", "no such trigger"],
      ["targets/tgt_none", "no such target"],
      ["deliveries/dlv_none", "no such delivery"],
      ["pushes/evt_none", "no such event"],
    ] as const) {
      await goTo(at(path));
      await page.getByRole("alert").getByText(told).waitFor();
    }
  });
});

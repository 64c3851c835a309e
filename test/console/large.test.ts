import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { type OwnServer, startOwnServer } from "../../harness/live/server.ts";
import { useBrowser } from "./support/browser.ts";
import { copyRepository } from "./support/copies.ts";
import { push } from "./support/push.ts";

const COPIES = 9999;

/** A server of the test's own, since it is stopped to be filled. */
let server: OwnServer;
let space: Space;
let secret: string;

const open = useBrowser(() => server);

beforeAll(async () => {
  server = await startOwnServer();
  space = await openSpace(server, "console-large");
  secret = await server.createToken(space.name, { actions: ["pull", "push", "admin"] });
  await push({ url: server.url, secret }, `${space.name}/many`, "1.0");
  await server.restart(() => copyRepository(server.state, space.name, "many", COPIES));
  // Two starts, on a machine that may be busy.
}, 300_000);

afterAll(() => server.stop());

describe("ten thousand repositories", () => {
  it("are listed: what is not seen is not there, and the keyboard reaches the last", async () => {
    const { page, signIn, checkAccessibility } = await open();
    await signIn(secret);
    // Some are there at once; the others come page by page.
    await page.getByRole("link", { name: "many/0001", exact: true }).waitFor();
    await page.getByText("10,000", { exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(100);
    await page.getByRole("link", { name: "many", exact: true }).press("End");
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("many/9999");
    const row = page.getByRole("row").filter({ hasText: "many/9999" });
    expect(await row.textContent()).toMatch(/^many\/9999 1\d\.\d kB\d hours? agonever$/);
    await checkAccessibility();
  });

  it("are searched and sorted, and lead to their tags", async () => {
    const { page, signIn } = await open();
    await signIn(secret);
    await page.getByRole("searchbox").fill("777");
    await page.getByText("19 of 10,000", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Last push" }).click();
    expect(await page.getByRole("row").nth(1).textContent()).toContain("many/9777");
    await page.getByRole("button", { name: "Last push" }).click();
    expect(await page.getByRole("row").nth(1).textContent()).toContain("many/0777");
    await page.getByRole("link", { name: "many/0777" }).click();
    await page.getByRole("link", { name: "1.0", exact: true }).click();
    await page.getByText("Image for linux/amd64").waitFor();
  });

  it("are jumped to by their names", async () => {
    const { page, signIn } = await open();
    await signIn(secret);
    await page.getByText("10,000", { exact: true }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search for a repository or space" }).fill("many/8642");
    await page.getByRole("option", { name: `${space.name}/many/8642` }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "many/8642", level: 1 }).waitFor();
    await page.getByRole("link", { name: "1.0", exact: true }).waitFor();
    expect(await page.title()).toBe("many/8642 · Spacedock");
  });
});

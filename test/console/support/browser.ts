import axe from "axe-core";
import { type Browser, chromium, type Page, type ViewportSize } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished } from "vitest";
import * as z from "zod";
import { type Connection, connect } from "../../../harness/live/server.ts";

/** Debian's path of the browser. */
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** The part of axe's findings that is reported here. */
const findings = z.array(
  z.object({ id: z.string(), impact: z.string().nullish(), nodes: z.array(z.object({ html: z.string() })) }),
);

export const WIDE: ViewportSize = { width: 1440, height: 900 };
export const PHONE: ViewportSize = { width: 390, height: 844 };

interface Opening {
  readonly viewport?: ViewportSize;
  readonly colorScheme?: "light" | "dark";
}

/** A page that is watched: anything that goes wrong on it fails its test. */
interface Console {
  readonly page: Page;
  /** Expects an answer with this status, which the test itself provokes: the browser notes it as an error. */
  readonly expectRefusal: (status: number) => void;
  /** Fails when axe finds a serious violation on the page as it is. */
  readonly checkAccessibility: () => Promise<void>;
  /** Goes to a page of the console, by its path. */
  readonly goTo: (path: string) => Promise<void>;
  /** Returns the copied text by pasting it elsewhere: the page itself may not read the clipboard. */
  readonly pasted: () => Promise<string>;
  /** Signs in through the page, as a person does. */
  readonly signIn: (token: string) => Promise<void>;
}

interface Bench {
  readonly registry: Connection;
  /** Opens a browser of its own, as far as a page can tell. */
  readonly open: (opening?: Opening) => Promise<Console>;
}

/** Sets up one browser for a test file, and the registry that it looks at. */
export function useConsole(): Bench {
  const registry = connect(inject("registry"));
  return { registry, open: useBrowser(() => registry) };
}

/** Sets up a browser for a registry that may start later than this call. */
export function useBrowser(registryOf: () => Connection): Bench["open"] {
  let browser: Browser;
  beforeAll(async () => {
    const args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"];
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args });
  });
  afterAll(() => browser.close());
  return (opening = {}) => openConsole(browser, registryOf(), opening);
}

async function openConsole(
  browser: Browser,
  registry: Connection,
  { viewport = WIDE, colorScheme = "light" }: Opening,
): Promise<Console> {
  const context = await browser.newContext({ viewport, colorScheme, baseURL: registry.url });
  await context.grantPermissions(["clipboard-write"], { origin: registry.url });
  const page = await context.newPage();
  const faults = watch(page);
  const allowed = new Set<number>();
  onTestFinished(async ({ task }) => {
    if (task.result?.state === "fail") console.error(await describePage(page));
    await context.close();
    expect(faults.filter((fault) => !isExpected(fault, allowed))).toEqual([]);
  });
  return consoleOn(page, allowed);
}

function consoleOn(page: Page, allowed: Set<number>): Console {
  const goTo = async (path: string): Promise<void> => {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
  };
  return {
    page,
    expectRefusal: (status) => allowed.add(status),
    checkAccessibility: () => checkAccessibility(page),
    goTo,
    pasted: () => pasted(page),
    signIn: async (token) => {
      await goTo("/sign-in");
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL((url) => url.pathname !== "/sign-in");
      await page.getByRole("heading", { level: 1 }).waitFor();
    },
  };
}

/** Describes the page that a failed test was looking at. */
async function describePage(page: Page): Promise<string> {
  const focus: unknown = await page.evaluate("document.activeElement?.outerHTML");
  return `${page.url()}\nfocus: ${String(focus)}\n${await page.locator("body").ariaSnapshot()}`;
}

async function pasted(page: Page): Promise<string> {
  const other = await page.context().newPage();
  await other.setContent("<textarea></textarea>");
  await other.locator("textarea").press("Control+V");
  const text = await other.locator("textarea").inputValue();
  await other.close();
  return text;
}

/**
 * Collects everything that goes wrong from now on, as it happens. Violations of the
 * Content-Security-Policy come as errors of the console.
 */
function watch(page: Page): readonly string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // Leaving a page ends its requests.
    if (reason !== "net::ERR_ABORTED") faults.push(`request: ${request.url()} ${reason}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`answer: ${response.url()} ${response.status()}`);
  });
  return faults;
}

function isExpected(fault: string, allowed: ReadonlySet<number>): boolean {
  return [...allowed].some(
    (status) => fault.endsWith(` ${status}`) || fault.includes(`responded with a status of ${status}`),
  );
}

async function checkAccessibility(page: Page): Promise<void> {
  // Through the debugger, since the page's Content-Security-Policy allows no other way.
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    "axe.run().then(({ violations }) => JSON.parse(JSON.stringify(violations)))",
  );
  const serious = findings.parse(found).filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`)).toEqual([]);
}

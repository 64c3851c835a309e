/** Takes the pictures in docs/console/: a space as a team has it, page by page. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { openSpace, type Space } from "../../harness/live/space.ts";
import { useConsole } from "./support/browser.ts";
import { push } from "./support/push.ts";
import { useReceiver } from "./support/receiver.ts";
import { fillShop } from "./support/shop.ts";

const DIRECTORY = resolve(import.meta.dirname, "../../docs/console");
const viewport = { width: 1280, height: 800 };

const { registry, open } = useConsole();
const receiver = useReceiver();
let space: Space;
let secret: string;

const made = z.looseObject({ id: z.string() });

async function make(path: string, body: object): Promise<string> {
  const answer = await fetch(`${registry.url}/api/v1/spaces/${space.name}/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${secret}` },
    body: JSON.stringify(body),
  });
  return made.parse(await answer.json()).id;
}

beforeAll(async () => {
  await mkdir(DIRECTORY, { recursive: true });
  space = await openSpace(registry, "acme");
  secret = await registry.createToken(space.name, { actions: ["pull", "push", "delete", "admin"], name: "ci" });
  const access = { url: registry.url, secret };
  const target = await make("targets", { name: "production", type: "standard-webhook", url: `${receiver.url()}/hook` });
  await make("triggers", {
    name: "releases",
    match: { repositories: ["web"], tag: { type: "semver", value: ">=1.0" } },
    targets: [target],
  });
  await fillShop(access, `${space.name}/web`);
  for (const name of ["api", "jobs/mail", "jobs/thumbnails", "tools/migrate"]) {
    for (const tag of ["0.9.0", "1.0.0"]) await push(access, `${space.name}/${name}`, tag);
  }
  await push(access, `${space.name}/web`, "1.2.0");
});

interface Picture {
  readonly name: string;
  /** The path below the space's own address. */
  readonly path: string;
  /** A text that appears once the page is ready. */
  readonly shows: string | RegExp;
}

const PICTURES: readonly Picture[] = [
  { name: "repositories", path: "", shows: "jobs/thumbnails" },
  { name: "repository", path: "/repositories/web", shows: "1.2.0" },
  { name: "compare", path: "/repositories/web/compare?from=1.0&to=1.1", shows: "nginx" },
  { name: "deliveries", path: "/deliveries", shows: /1\.2\.0/ },
  { name: "trigger", path: "/triggers/new", shows: /^production/ },
];

it.each(PICTURES)("$name", async ({ name, path, shows }) => {
  const { page, signIn, goTo } = await open({ viewport });
  await signIn(secret);
  await goTo(`/spaces/${space.name}${path}`);
  await page.getByText(shows).first().waitFor();
  const picture = await page.screenshot({ path: join(DIRECTORY, `${name}.png`), animations: "disabled" });
  expect(picture.length).toBeGreaterThan(0);
});

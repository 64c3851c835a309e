/** Checks the promises of DESIGN.md ("Invariants") after each step. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import * as z from "zod";
import type { Digest } from "../../src/oci/digest.ts";
import { digestOf } from "../support/content.ts";
import { ask, manage } from "../support/registry.ts";
import { shownRepositories } from "./adopt.ts";
import { BLOBS, isManifest, MANIFESTS } from "./content.ts";
import { manifestOf, type Model } from "./model.ts";
import { isHeld, ruleOf } from "./retention.ts";
import { SETTINGS } from "./settings.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { usageOf } from "./usage.ts";
import { REPOSITORIES, secretOf, SPACES, strangerTo, type World } from "./world.ts";

export async function expectInvariants(model: Model, world: World): Promise<void> {
  const snapshot = await takeSnapshot("all");
  expectRows(model, world, snapshot);
  await expectContent(world, snapshot);
  await Promise.all(SPACES.map((space) => expectUsage(model, space)));
  const names = SETTINGS.thorough
    ? REPOSITORIES
    : REPOSITORIES.filter((_, place) => place === model.steps % REPOSITORIES.length);
  await Promise.all(names.map((name) => expectReadable(model, world, name)));
}

const usageOfSpace = z.object({ usage: z.object({ bytes: z.int(), repositories: z.int() }), quota: z.unknown() });

async function expectUsage(model: Model, space: string): Promise<void> {
  const { usage, quota } = usageOfSpace.parse(await (await manage("GET", `spaces/${space}`)).json());
  const open = `SELECT COALESCE(SUM(u.bytes), 0) AS bytes FROM open_uploads u JOIN spaces s ON s.id = u.space_id WHERE s.name = ?`;
  const openBytes = (await env.DB.prepare(open).bind(space).first())?.["bytes"];
  expect({ ...usage, openBytes, quota }, space).toEqual(usageOf(model, space));
}

/** Expects the model's rows, and an object for each. */
function expectRows(model: Model, { broken }: World, snapshot: Snapshot): void {
  const lost = snapshot.keys.difference(snapshot.objects).difference(broken);
  expect(lost, "rows without their object").toEqual(new Set());
  expect(snapshot.damaged, "quarantined").toEqual(damagedRows(model));
  const { tags, manifests, trash, links } = snapshot;
  const shown = { tags: lines(tags), manifests: lines(manifests), trash: lines(trash), links: lines(links) };
  expect(shown).toEqual(expectedRows(model));
}

function lines(rows: readonly { repository: string; name?: string; digest: string }[]): readonly string[] {
  return rows
    .map(({ repository, name, digest }) => [repository, name, digest].filter(Boolean).join(" "))
    .toSorted(byText);
}

function expectedRows(model: Model): Record<"tags" | "manifests" | "trash" | "links", readonly string[]> {
  const all = shownRepositories(model);
  return {
    tags: lines(
      all.flatMap(([repository, { tags }]) => [...tags].map(([name, digest]) => ({ repository, name, digest }))),
    ),
    manifests: lines(
      all.flatMap(([repository, { manifests }]) => [...manifests].map((digest) => ({ repository, digest }))),
    ),
    trash: lines(all.flatMap(([repository, { trash }]) => [...trash.keys()].map((digest) => ({ repository, digest })))),
    links: lines(all.flatMap(([repository, { links }]) => [...links.keys()].map((digest) => ({ repository, digest })))),
  };
}

function damagedRows(model: Model): ReadonlySet<string> {
  const manifests = shownRepositories(model).flatMap(([name, { damaged }]) =>
    [...damaged].map((digest) => `${name} ${digest}`),
  );
  return new Set([...model.damaged, ...manifests]);
}

function byText(left: string, right: string): number {
  return left < right ? -1 : 1;
}

/** Expects each object to match its digest. A key is written once, so one look at a new key is enough. */
async function expectContent({ verified }: World, { links, manifests }: Snapshot): Promise<void> {
  for (const { key, digest } of [...links, ...manifests]) {
    if (key === null || verified.has(key)) continue;
    const object = await env.BLOBS.get(key);
    expect(object && (await digestOf(await object.bytes())), key).toBe(digest);
    verified.add(key);
  }
}

/** Expects, after the last step, that everything that manifests need can be pulled. */
export async function expectPullable(model: Model, world: World): Promise<void> {
  for (const [name, { manifests }] of model.repositories) {
    const needed = new Set(
      [...manifests].flatMap((digest) => manifestOf(digest).needs.filter((need) => !isManifest(need))),
    );
    for (const { digest } of needed) {
      expect(await read(`/v2/${name}/blobs/${digest}`, secretOf(world, name)), name).toBe(digest);
    }
  }
}

/**
 * Expects that tags and manifests resolve, and that content that is not linked cannot be read. Linked
 * blobs are not read after each step: that would renew their grace, and unmark those that were marked by
 * mistake. Their rows and objects are looked at instead.
 */
async function expectReadable(model: Model, world: World, name: string): Promise<void> {
  const repository = model.repositories.get(name);
  const rule = ruleOf(model, name);
  const answers = new Map<string, string>();
  const expected = new Map<string, string>();
  const look = async (path: string, answer: string, as = secretOf(world, name)): Promise<void> => {
    expected.set(path, answer);
    answers.set(path, await read(`/v2/${name}/${path}`, as));
  };
  const manifests = [...(repository?.manifests ?? [])];
  // A look by its digest would keep a manifest that retention is about to take.
  const isDue = (digest: Digest): boolean =>
    rule !== undefined && repository !== undefined && repository.manifests.has(digest) && !isHeld(repository, digest);
  const answerFor = (digest: Digest): string =>
    repository?.manifests.has(digest) && !repository.damaged.has(digest) ? digest : "404";
  await Promise.all([
    ...[...(repository?.tags ?? [])].map(([tag, digest]) => look(`manifests/${tag}`, answerFor(digest))),
    ...MANIFESTS.filter(({ digest }) => !isDue(digest)).map(({ digest }) =>
      look(`manifests/${digest}`, answerFor(digest)),
    ),
    ...BLOBS.filter(({ digest }) => !repository?.links.has(digest)).map(({ digest }) => look(`blobs/${digest}`, "404")),
  ]);
  expect(answers, name).toEqual(expected);
  const [, first] = manifests;
  if (first !== undefined) expect(await read(`/v2/${name}/manifests/${first}`, strangerTo(world, name))).toBe("403");
}

/** Returns the digest of the answer's bytes; the status if it is no success. */
async function read(path: string, as: string): Promise<string> {
  const answer = await ask(path, { as });
  const bytes = await answer.bytes();
  if (answer.status !== 200) return String(answer.status);
  const digest = await digestOf(bytes);
  return answer.headers.get("Docker-Content-Digest") === digest ? digest : `${digest} under another`;
}

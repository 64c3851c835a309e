/** Checks what must hold after acts that ran at once, whatever order they took effect in. */
import { expect } from "vitest";
import { digestOf } from "../support/content.ts";
import { ask } from "../support/registry.ts";
import { type Act, type ActKind, type Done, TAG } from "./acts.ts";
import { IMAGES, isManifest } from "./content.ts";
import { manifestOf } from "./model.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { secretOf, type World } from "./world.ts";

const DELETIONS: ReadonlySet<ActKind> = new Set(["untag", "unpush", "unlink", "destroy"]);

/** The answers that are allowed: the requested content may be gone, needed, or taken by a deletion meanwhile; a fault is never allowed. */
const ANSWERS: Readonly<Record<ActKind, readonly number[]>> = {
  push: [201, 400, 404],
  blob: [201, 404],
  mount: [201, 202],
  untag: [202, 404],
  unpush: [202, 404, 405],
  unlink: [202, 404, 405],
  destroy: [204, 404],
  undelete: [200, 404, 409],
  revert: [200, 404, 409],
  retain: [200],
  upkeep: [200],
  time: [200],
};

export function expectAnswers(done: readonly Done[]): void {
  for (const act of done) {
    const isUndisturbed = !others(done, act).some(({ kind }) => kind === "time" || DELETIONS.has(kind));
    const mustSucceed = isUndisturbed && (act.kind === "push" || act.kind === "blob");
    expect(mustSucceed ? [201] : ANSWERS[act.kind], act.kind).toContain(act.status);
  }
}

/** Expects everything that was acknowledged and that no other act took back. */
export function expectAcknowledged(done: readonly Done[], snapshot: Snapshot): void {
  for (const act of done) {
    const here = others(done, act);
    const isTakenBack = here.some(({ kind }) => DELETIONS.has(kind));
    if (!isTakenBack) RESULTS[act.kind]?.(act, here, snapshot);
  }
}

type Result = (act: Done, here: readonly Done[], snapshot: Snapshot) => void;

/** The promise of each answer that nothing takes back. */
const RESULTS: Partial<Readonly<Record<ActKind, Result>>> = {
  push({ status, repository, image }, here, { tags }) {
    if (status !== 201) return;
    const pushed = here.filter(({ kind }) => kind === "push").map((other) => other.image.digest);
    const reverted = here.some(({ kind }) => kind === "revert") ? IMAGES.map(({ digest }) => digest) : [];
    const found = tags.find((tag) => tag.repository === repository)?.digest;
    expect([image.digest, ...pushed, ...reverted]).toContain(found);
  },
  blob: expectLink,
  mount: expectLink,
  undelete({ status, repository, image: { digest } }, here, { manifests }) {
    if (status !== 200 || passesGrace(here)) return;
    expect(manifests).toContainEqual(expect.objectContaining({ repository, digest }));
  },
  revert({ status, repository }, _, { tags }) {
    if (status === 200) expect(tags).toContainEqual(expect.objectContaining({ repository, name: TAG }));
  },
};

function expectLink({ status, repository, image }: Done, here: readonly Done[], { links }: Snapshot): void {
  if (status !== 201 || passesGrace(here)) return;
  const [blob] = image.needs;
  expect(links).toContainEqual(expect.objectContaining({ repository, digest: blob?.digest }));
}

function passesGrace(here: readonly Done[]): boolean {
  return here.some(({ kind }) => kind === "time");
}

/** Returns the other acts in the same repository, and those in none. */
function others(done: readonly Done[], act: Done): readonly Done[] {
  return done.filter((other) => other !== act && (other.repository === act.repository || isEverywhere(other)));
}

function isEverywhere({ kind }: Act): boolean {
  return kind === "time" || kind === "upkeep" || kind === "retain";
}

/** Expects that every tag can be pulled, and that each manifest has everything that it needs. */
export async function expectWhole(world: World): Promise<Snapshot> {
  const snapshot = await takeSnapshot();
  expect(snapshot.keys.difference(snapshot.objects), "rows without their object").toEqual(new Set());
  for (const { repository } of snapshot.tags) await expectPull(world, repository, `manifests/${TAG}`);
  for (const { repository, digest } of snapshot.manifests) {
    await expectPull(world, repository, `manifests/${digest}`);
    for (const need of manifestOf(digest).needs) {
      await expectPull(world, repository, `${isManifest(need) ? "manifests" : "blobs"}/${need.digest}`);
    }
  }
  return snapshot;
}

async function expectPull(world: World, repository: string, path: string): Promise<void> {
  const answer = await ask(`/v2/${repository}/${path}`, { as: secretOf(world, repository) });
  const digest = await digestOf(await answer.bytes());
  expect([answer.status, digest], `${repository} ${path}`).toEqual([200, answer.headers.get("Docker-Content-Digest")]);
}

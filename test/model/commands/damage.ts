import { constantFrom, type Arbitrary, record } from "fast-check";
import { expect } from "vitest";
import { damageOf, HARM, scrubAll } from "../../support/damage.ts";
import { ask } from "../../support/registry.ts";
import { anyRepository } from "../choices.ts";
import { BLOBS, isManifest, LONG_MANIFESTS, type ModelBlob, type ModelManifest } from "../content.ts";
import { hasWhole } from "../damaged.ts";
import { type Model, pushedRepository } from "../model.ts";
import { takeSnapshot } from "../snapshot.ts";
import { step } from "../step.ts";
import { secretOf, type World } from "../world.ts";

const anyHarm = constantFrom("other bytes", "fewer bytes", "no object");
const anyStored: Arbitrary<ModelBlob | ModelManifest> = constantFrom(...BLOBS, ...LONG_MANIFESTS);

/** Does harm to an object behind the registry's back, and runs scrub. */
export const damage = record({ name: anyRepository, content: anyStored, harm: anyHarm }).map(
  ({ name, content, harm }) =>
    step(
      `leave ${harm} of ${content.name} of ${name}`,
      async (model, world) => {
        const key = await keyIn(name, content);
        await HARM[harm](key);
        world.broken.add(key);
        const holder = isManifest(content) ? pushedRepository(model, name) : model;
        holder.damaged.add(content.digest);
        const found = harm === "no object" ? "missing" : "corrupt";
        // A blob's bytes are not checked on their way, only counted.
        if (isManifest(content) || harm !== "other bytes") await expectDamage(world, name, content, found);
        await scrubAll();
        await expectDamage(world, name, content, found);
      },
      (model) => hasWhole(model, model.repositories.get(name), content),
    ),
);

/** Scrubs a manifest that came back. One that was damaged when it was deleted comes back damaged: its object is looked at only then. */
export async function scrubReturned({ repositories }: Model, world: World, name: string): Promise<void> {
  const { damaged } = repositories.get(name) ?? { damaged: new Set() };
  if (damaged.size === 0) return;
  for (const manifest of LONG_MANIFESTS.filter(({ digest }) => damaged.has(digest))) {
    expect((await askFor(world, name, manifest)).status, manifest.name).toBe(404);
  }
  await scrubAll();
}

async function keyIn(name: string, content: ModelBlob | ModelManifest): Promise<string> {
  const { links, manifests } = await takeSnapshot();
  const rows = isManifest(content) ? manifests : links;
  const key = rows.find((row) => row.repository === name && row.digest === content.digest)?.key;
  if (typeof key !== "string") throw new Error(`${content.name} has no object`);
  return key;
}

/** Expects a 404 that says what is wrong and what to do. */
async function expectDamage(
  world: World,
  name: string,
  content: ModelBlob | ModelManifest,
  found: string,
): Promise<void> {
  const code = isManifest(content) ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
  const detail = { digest: content.digest, damage: found };
  expect(await damageOf(await askFor(world, name, content)), content.name).toEqual([404, code, detail, true]);
}

function askFor(world: World, name: string, content: ModelBlob | ModelManifest): Promise<Response> {
  const kind = isManifest(content) ? "manifests" : "blobs";
  return ask(`/v2/${name}/${kind}/${content.digest}`, { as: secretOf(world, name) });
}

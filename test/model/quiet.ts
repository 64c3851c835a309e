import { expect } from "vitest";
import { expectOnlyReferenced, runUntilQuiet } from "../support/upkeep.ts";
import { isManifest } from "./content.ts";
import { expectPullable } from "./invariants.ts";
import { manifestOf, type Model } from "./model.ts";
import { takeSnapshot } from "./snapshot.ts";
import { wake, type World } from "./world.ts";

/** Lets all grace pass; then storage must hold what manifests need, and nothing else. */
export async function expectExactStorage(model: Model, world: World): Promise<void> {
  const { clock, bindings } = world;
  await runUntilQuiet(clock, bindings, async () => {
    for (const { address, touchedAt } of model.sessions) if (touchedAt !== null) await wake(address);
  });
  const { links } = await takeSnapshot();
  expect(new Set(links.map(({ repository, digest }) => `${repository} ${digest}`))).toEqual(neededLinks(model));
  await expectOnlyReferenced();
  await expectPullable(model, world);
}

function neededLinks({ repositories }: Model): ReadonlySet<string> {
  const needed = [...repositories].flatMap(([name, { manifests }]) =>
    [...manifests].flatMap((digest) =>
      manifestOf(digest)
        .needs.filter((need) => !isManifest(need))
        .map((need) => `${name} ${need.digest}`),
    ),
  );
  return new Set(needed);
}

import { expect } from "vitest";
import { HOUR } from "../support/clock.ts";
import { expectOnlyReferenced, runUntilQuiet, runUpkeep } from "../support/upkeep.ts";
import { isManifest } from "./content.ts";
import { adoptUpkeep } from "./adopt.ts";
import { expectInvariants, expectPullable } from "./invariants.ts";
import { manifestOf, type Model } from "./model.ts";
import { takeSnapshot } from "./snapshot.ts";
import { manifestsToGo, renewHeld, tagsToGo } from "./retention.ts";
import { wake, type World } from "./world.ts";

/** Lets all grace pass and expects storage to hold exactly the content that manifests need. */
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

/** Runs after which retention has nothing left to do: content that a signature's tag held goes after the signature's subject. */
const RETENTION_RUNS = 6;

/** Lets retention finish, and expects that nothing is left that no rule keeps. */
export async function expectRetained(model: Model, world: World): Promise<void> {
  const { clock, bindings } = world;
  if (model.rules.size === 0) return;
  for (let run = 0; run < RETENTION_RUNS; run++) {
    clock.advance(25 * HOUR);
    renewHeld(model, clock.now());
    await runUpkeep(bindings);
    await adoptUpkeep(model, clock.now());
    await expectInvariants(model, world);
  }
  for (const name of model.repositories.keys()) {
    const left = [tagsToGo(model, name, clock.now()), manifestsToGo(model, name, clock.now())];
    expect(left, `should be gone of ${name}`).toEqual([new Set(), new Set()]);
  }
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

import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { DAY, HOUR } from "./clock.ts";
import { manifestOf, type Model } from "./model.ts";
import { isManifest } from "./content.ts";
import { takeSnapshot } from "./snapshot.ts";
import { runUpkeep, wake, type World } from "./world.ts";

/** Runs of upkeep after which nothing may be left to do: deleted repositories are over, then links, blobs and bytes. */
const RUNS = [8 * DAY, HOUR, 25 * HOUR, HOUR, 25 * HOUR, HOUR];

/** Lets all grace pass; then storage must hold what manifests need, and nothing else. */
export async function expectExactStorage(model: Model, world: World): Promise<void> {
  for (const time of RUNS) {
    world.clock.advance(time);
    for (const { address, touchedAt } of model.sessions) if (touchedAt !== null) await wake(address);
    await runUpkeep(world);
  }
  const { links, keys, objects, manifests } = await takeSnapshot();
  const linked = links.map(({ repository, digest }) => `${repository} ${digest}`);
  expect(new Set(linked), "links").toEqual(neededLinks(model));
  const wanted = new Set([...links, ...manifests].map(({ key }) => key).filter((key) => key !== null));
  expect(keys, "keys in rows").toEqual(wanted);
  expect(objects, "objects").toEqual(wanted);
  const left = await env.DB.prepare("SELECT COUNT(*) AS n FROM condemned WHERE deleted_at IS NULL").first("n");
  expect(left, "condemned keys").toBe(0);
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

import { record } from "fast-check";
import { ask } from "../../support/registry.ts";
import { anyManifest, anyMiss, anyRepository } from "../choices.ts";
import { hasWhole } from "../damaged.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf } from "../world.ts";

/** Reads a manifest by its digest, which keeps it from retention for a grace. */
export const readManifest = record({ name: anyRepository, manifest: anyManifest, miss: anyMiss }).map(
  ({ name, manifest, miss }) =>
    step(
      `read ${manifest.name} from ${name}`,
      async (model, world) => {
        const repository = model.repositories.get(name);
        const { status } = await ask(`/v2/${name}/manifests/${manifest.digest}`, { as: secretOf(world, name) });
        expectAnswer(status, hasWhole(model, repository, manifest) ? 200 : 404);
        if (status === 200) repository?.heldAt.set(manifest.digest, world.clock.now());
      },
      ({ repositories }) => miss || repositories.get(name)?.manifests.has(manifest.digest) === true,
    ),
);

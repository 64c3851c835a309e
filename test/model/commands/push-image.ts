import { record } from "fast-check";
import { ask } from "../../support/registry.ts";
import { anyManifest, anyRepository, anyTag } from "../choices.ts";
import { isManifest, type ModelBlob, type ModelManifest } from "../content.ts";
import { hasWhole } from "../damaged.ts";
import { type Model, pushedRepository, touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf, type World } from "../world.ts";
import { pushModelBlob } from "./push-blob.ts";
import { putModelManifest } from "./push-manifest.ts";

/** Pushes as clients do: without content that the repository has already, and children before their index. Ends with the first refusal. */
export const pushImage = record({ repository: anyRepository, manifest: anyManifest, tag: anyTag }).map(
  ({ repository, manifest, tag }) =>
    step(`push all of ${manifest.name} to ${repository} as ${tag}`, async (model, world) => {
      await pushTree(model, world, repository, manifest, tag);
    }),
);

async function pushTree(
  model: Model,
  world: World,
  repository: string,
  manifest: ModelManifest,
  tag: string | null,
): Promise<boolean> {
  for (const need of manifest.needs) {
    const isThere = isManifest(need)
      ? await pushTree(model, world, repository, need, null)
      : await sendMissing(model, world, repository, need);
    if (!isThere) return false;
  }
  return putModelManifest(model, world, repository, manifest, tag);
}

async function sendMissing(model: Model, world: World, name: string, blob: ModelBlob): Promise<boolean> {
  const as = secretOf(world, name);
  const { status } = await ask(`/v2/${name}/blobs/${blob.digest}`, { method: "HEAD", as });
  expectAnswer(status, hasWhole(model, model.repositories.get(name), blob) ? 200 : 404);
  if (status === 404) return pushModelBlob(model, world, name, blob);
  touch(pushedRepository(model, name), blob.digest, world.clock.now());
  return true;
}

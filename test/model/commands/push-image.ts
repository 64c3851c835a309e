import { record } from "fast-check";
import { pushBlob as postBlob } from "../../support/content.ts";
import { ask } from "../../support/registry.ts";
import { anyManifest, anyRepository, anyTag } from "../choices.ts";
import { isManifest, type ModelBlob, type ModelManifest } from "../content.ts";
import { has, type Model, pushedRepository, touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf, type World } from "../world.ts";
import { putModelManifest } from "./push-manifest.ts";

/** Pushes as clients do: what the repository has already is not sent again, children come before their index. */
export const pushImage = record({ repository: anyRepository, manifest: anyManifest, tag: anyTag }).map(
  ({ repository, manifest, tag }) =>
    step(`push all of ${manifest.name} to ${repository} as ${tag}`, (model, world) =>
      pushTree(model, world, repository, manifest, tag),
    ),
);

async function pushTree(
  model: Model,
  world: World,
  repository: string,
  manifest: ModelManifest,
  tag: string | null,
): Promise<void> {
  for (const need of manifest.needs) {
    if (isManifest(need)) await pushTree(model, world, repository, need, null);
    else await sendMissing(model, world, repository, need);
  }
  await putModelManifest(model, world, repository, manifest, tag);
}

async function sendMissing(model: Model, world: World, name: string, blob: ModelBlob): Promise<void> {
  const as = secretOf(world, name);
  const { status } = await ask(`/v2/${name}/blobs/${blob.digest}`, { method: "HEAD", as });
  expectAnswer(status, has(model.repositories.get(name), blob) ? 200 : 404);
  if (status === 404) await postBlob(name, as, blob.bytes);
  touch(pushedRepository(model, name), blob.digest, world.clock.now());
}

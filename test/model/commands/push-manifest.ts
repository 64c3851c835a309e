import { option, record } from "fast-check";
import { putManifest } from "../../support/content.ts";
import { anyManifest, anyRepository, anyTag } from "../choices.ts";
import { isManifest, type ModelManifest } from "../content.ts";
import { hasWhole } from "../damaged.ts";
import { isFixed, type Model, setTag, touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { hasRoom } from "../usage.ts";
import { secretOf, type World } from "../world.ts";

/** Pushes a manifest as it is, even if content that it needs is absent. */
export const pushManifest = record({ repository: anyRepository, manifest: anyManifest, tag: option(anyTag) }).map(
  ({ repository, manifest, tag }) =>
    step(`push ${manifest.name} to ${repository} as ${tag ?? "its digest"}`, async (model, world) => {
      await putModelManifest(model, world, repository, manifest, tag);
    }),
);

/** Pushes a manifest. Returns true if it was taken. */
export async function putModelManifest(
  model: Model,
  world: World,
  name: string,
  manifest: ModelManifest,
  tag: string | null,
): Promise<boolean> {
  const { digest, text, mediaType, needs, size } = manifest;
  const repository = model.repositories.get(name);
  const isComplete = needs.every((need) => hasWhole(model, repository, need));
  const answer = await putManifest(name, secretOf(world, name), tag ?? digest, text, mediaType);
  const mayPush =
    !isFixed(repository, tag, digest) && hasRoom(model, name, repository?.manifests.has(digest) ? 0 : size);
  expectAnswer(answer.status, isComplete ? (mayPush ? 201 : 403) : 400);
  if (repository === undefined) return false;
  const now = world.clock.now();
  // Even a refused push looks at the content that it needs.
  for (const need of needs) {
    if (isManifest(need)) repository.heldAt.set(need.digest, now);
    else if (repository.links.has(need.digest)) touch(repository, need.digest, now);
  }
  if (!answer.ok) return false;
  repository.manifests.add(digest);
  repository.heldAt.set(digest, now);
  repository.trash.delete(digest);
  repository.damaged.delete(digest);
  if (tag !== null) setTag(repository, tag, digest, now);
  return true;
}

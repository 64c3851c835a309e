import { option, record } from "fast-check";
import { putManifest } from "../../support/content.ts";
import { anyManifest, anyRepository, anyTag } from "../choices.ts";
import { isManifest, type ModelManifest } from "../content.ts";
import { has, isFixed, type Model, pushedRepository, setTag, touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf, type World } from "../world.ts";

/** Pushes a manifest as it is, whether what it needs is there or not. */
export const pushManifest = record({ repository: anyRepository, manifest: anyManifest, tag: option(anyTag) }).map(
  ({ repository, manifest, tag }) =>
    step(`push ${manifest.name} to ${repository} as ${tag ?? "its digest"}`, (model, world) =>
      putModelManifest(model, world, repository, manifest, tag),
    ),
);

export async function putModelManifest(
  model: Model,
  world: World,
  name: string,
  manifest: ModelManifest,
  tag: string | null,
): Promise<void> {
  const { digest, text, mediaType, needs } = manifest;
  const known = model.repositories.get(name);
  const isComplete = needs.every((need) => has(known, need));
  const answer = await putManifest(name, secretOf(world, name), tag ?? digest, text, mediaType);
  const isFree = !isFixed(known, tag, digest);
  expectAnswer(answer.status, isComplete ? (isFree ? 201 : 403) : 400);
  const repository = isComplete && isFree ? pushedRepository(model, name) : known;
  if (repository === undefined) return;
  // Even a push that is refused asks for what it needs.
  for (const need of needs) {
    if (!isManifest(need) && repository.links.has(need.digest)) touch(repository, need.digest, world.clock.now());
  }
  if (!answer.ok) return;
  repository.manifests.add(digest);
  repository.trash.delete(digest);
  if (tag !== null) setTag(repository, tag, digest);
}

import { record } from "fast-check";
import { ask, manage } from "../../support/registry.ts";
import { anyBlob, anyManifest, anyMiss, anyRepository, anyTag } from "../choices.ts";
import type { ModelBlob, ModelManifest } from "../content.ts";
import { dropManifest, has, hasFixedTags, isFixed, isNeeded, type RepositoryModel } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf, type World } from "../world.ts";

export const deleteTag = record({ name: anyRepository, tag: anyTag, miss: anyMiss }).map(({ name, tag, miss }) =>
  step(
    `delete tag ${tag} of ${name}`,
    async (model, world) => {
      const repository = model.repositories.get(name);
      const status = await remove(world, name, `manifests/${tag}`);
      const isThere = repository?.tags.has(tag) ?? false;
      expectAnswer(status, isThere ? (isFixed(repository, tag) ? 403 : 202) : 404);
      if (status === 202) repository?.tags.delete(tag);
    },
    ({ repositories }) => miss || repositories.get(name)?.tags.has(tag) === true,
  ),
);

/** Deletes a manifest with all its tags, unless an index needs it. */
export const deleteManifest = record({ name: anyRepository, manifest: anyManifest, miss: anyMiss }).map(
  ({ name, manifest, miss }) =>
    step(
      `delete ${manifest.name} of ${name}`,
      async (model, world) => {
        const repository = model.repositories.get(name);
        const status = await remove(world, name, `manifests/${manifest.digest}`);
        expectAnswer(status, statusOf(repository, manifest));
        if (status === 202 && repository !== undefined) dropManifest(repository, manifest.digest, world.clock.now());
      },
      ({ repositories }) => miss || repositories.get(name)?.manifests.has(manifest.digest) === true,
    ),
);

export const deleteBlob = record({ name: anyRepository, blob: anyBlob }).map(({ name, blob }) =>
  step(`delete ${blob.name} of ${name}`, async (model, world) => {
    const repository = model.repositories.get(name);
    const status = await remove(world, name, `blobs/${blob.digest}`);
    expectAnswer(status, statusOf(repository, blob));
    if (status === 202) repository?.links.delete(blob.digest);
  }),
);

export const deleteRepository = record({ name: anyRepository, miss: anyMiss }).map(({ name, miss }) =>
  step(
    `delete ${name}`,
    async (model, world) => {
      const [space, path] = name.split("/");
      const { status } = await manage("DELETE", `spaces/${space}/repositories/${path}`);
      const repository = model.repositories.get(name);
      expectAnswer(status, repository === undefined ? 404 : hasFixedTags(repository) ? 403 : 204);
      if (status !== 204 || repository === undefined) return;
      model.repositories.delete(name);
      model.deleted.push({ name, at: world.clock.now(), repository });
    },
    ({ repositories }) => miss || repositories.has(name),
  ),
);

function statusOf(repository: RepositoryModel | undefined, content: ModelBlob | ModelManifest): number {
  if (repository === undefined || !has(repository, content)) return 404;
  if (isNeeded(repository, content.digest)) return 405;
  return hasFixedTags(repository, content.digest) ? 403 : 202;
}

async function remove(world: World, name: string, path: string): Promise<number> {
  return (await ask(`/v2/${name}/${path}`, { method: "DELETE", as: secretOf(world, name) })).status;
}

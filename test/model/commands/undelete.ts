import { record } from "fast-check";
import { manage } from "../../support/registry.ts";
import { anyManifest, anyMiss, anyRepository, anyTag } from "../choices.ts";
import { type DeletedRepository, type Model, previousOf, type RepositoryModel } from "../model.ts";
import { restore } from "../restore.ts";
import { expectAnswer, step } from "../step.ts";
import { scrubReturned } from "./damage.ts";
import { hasRoom, sizeOf } from "../usage.ts";
import { KEEP_DELETED } from "../upkeep-times.ts";

/** Restores a manifest with everything in the trash that it needs, and with those of its tags that have not been set anew. */
export const undeleteManifest = record({ name: anyRepository, manifest: anyManifest, miss: anyMiss }).map(
  ({ name, manifest: { name: what, digest }, miss }) =>
    step(
      `undelete ${what} of ${name}`,
      async (model, world) => {
        const status = await undelete(name, { digest });
        const repository = model.repositories.get(name);
        const free = repository?.trash.get(digest)?.tags.filter((tag) => !repository.tags.has(tag));
        expectAnswer(status, free === undefined ? 404 : restore(model, name, digest, free, world.clock.now()));
        await scrubReturned(model, world, name);
      },
      ({ repositories }) => miss || repositories.get(name)?.trash.has(digest) === true,
    ),
);

/** Restores a tag to its last digest, wherever that manifest is now. */
export const undeleteTag = record({ name: anyRepository, tag: anyTag, miss: anyMiss }).map(({ name, tag, miss }) =>
  step(
    `undelete tag ${tag} of ${name}`,
    async (model, world) => {
      const status = await undelete(name, { tag });
      const repository = model.repositories.get(name);
      const digest = repository && previousOf(repository, tag);
      if (repository?.tags.has(tag)) expectAnswer(status, 409);
      else expectAnswer(status, digest === undefined ? 404 : restore(model, name, digest, [tag], world.clock.now()));
      await scrubReturned(model, world, name);
    },
    ({ repositories }) => miss || isGone(repositories.get(name), tag),
  ),
);

/** Restores the repository of that name that was deleted last. Collection has gone on in it. */
export const undeleteRepository = record({ name: anyRepository, miss: anyMiss }).map(({ name, miss }) =>
  step(
    `undelete ${name}`,
    async (model, { clock }) => {
      const status = await undelete(name, {});
      const last = lastDeleted(model, name, clock.now() - KEEP_DELETED);
      if (last === undefined) {
        expectAnswer(status, 404);
        return;
      }
      const mayReturn = hasRoom(model, name, sizeOf(last.repository));
      expectAnswer(status, model.repositories.has(name) ? 409 : mayReturn ? 200 : 403);
      if (status !== 200) return;
      model.deleted.splice(model.deleted.indexOf(last), 1);
      model.repositories.set(name, last.repository);
    },
    ({ deleted }) => miss || deleted.some((one) => one.name === name),
  ),
);

function isGone(repository: RepositoryModel | undefined, tag: string): boolean {
  return repository !== undefined && repository.history.has(tag) && !repository.tags.has(tag);
}

function lastDeleted({ deleted }: Model, name: string, since: number): DeletedRepository | undefined {
  return deleted.findLast((one) => one.name === name && one.at > since);
}

async function undelete(name: string, what: { readonly tag?: string; readonly digest?: string }): Promise<number> {
  const [space, repository] = name.split("/");
  return (await manage("POST", `spaces/${space}/deleted:undelete`, { repository, ...what })).status;
}

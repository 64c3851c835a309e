import { record } from "fast-check";
import type { Digest } from "../../../src/oci/digest.ts";
import { manage } from "../../support/registry.ts";
import { anyManifest, anyRepository } from "../choices.ts";
import { has, manifestOf, type RepositoryModel } from "../model.ts";
import { expectAnswer, step } from "../step.ts";

/** With all of the trash that it needs, and with its tags that have not been given anew. */
export const undeleteManifest = record({ name: anyRepository, manifest: anyManifest }).map(
  ({ name, manifest: { name: what, digest } }) =>
    step(`undelete ${what} of ${name}`, async ({ repositories }) => {
      const [space, path] = name.split("/");
      const { status } = await manage("POST", `spaces/${space}/undelete`, { repository: path, digest });
      const repository = repositories.get(name);
      const deletion = repository?.trash.get(digest);
      if (repository === undefined || deletion === undefined) {
        expectAnswer(status, 404);
        return;
      }
      const returning = closureOf(repository, digest);
      const isComplete = [...returning].every((one) =>
        manifestOf(one).needs.every((need) => has(repository, need) || returning.has(need.digest)),
      );
      expectAnswer(status, isComplete ? 200 : 409);
      if (!isComplete) return;
      for (const one of returning) {
        repository.trash.delete(one);
        repository.manifests.add(one);
      }
      for (const tag of deletion.tags) if (!repository.tags.has(tag)) repository.tags.set(tag, digest);
    }),
);

function closureOf(repository: RepositoryModel, digest: Digest): ReadonlySet<Digest> {
  const needs = manifestOf(digest).needs.filter((need) => repository.trash.has(need.digest));
  return new Set([digest, ...needs.flatMap((need) => Array.from(closureOf(repository, need.digest)))]);
}

import { option, record } from "fast-check";
import { manage } from "../../support/registry.ts";
import { anyManifest, anyRepository, anyTag } from "../choices.ts";
import { previousOf } from "../model.ts";
import { restore } from "../restore.ts";
import { expectAnswer, step } from "../step.ts";

/** To what it was on before, or to a manifest; out of the trash, too. */
export const revert = record({ name: anyRepository, tag: anyTag, to: option(anyManifest) }).map(({ name, tag, to }) =>
  step(`revert ${tag} of ${name} to ${to?.name ?? "what it was on before"}`, async ({ repositories }) => {
    const [space, path] = name.split("/");
    const wish = { repository: path, tag, to: to?.digest };
    const { status } = await manage("POST", `spaces/${space}/revert`, wish);
    const repository = repositories.get(name);
    if (repository === undefined) {
      expectAnswer(status, 404);
      return;
    }
    const digest = to?.digest ?? previousOf(repository, tag);
    if (digest === undefined) expectAnswer(status, 409);
    else expectAnswer(status, digest === repository.tags.get(tag) ? 200 : restore(repository, digest, [tag]));
  }),
);

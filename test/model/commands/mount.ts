import { option, record } from "fast-check";
import { ask } from "../../support/registry.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import { hasWhole } from "../damaged.ts";
import { type Model, pushedRepository, spaceOf, touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { mayBegin, mayLink } from "../usage.ts";
import { secretOf } from "../world.ts";

/** Mounts a blob from a named repository, or from any that the credential covers; never from another space. */
export const mount = record({ target: anyRepository, source: option(anyRepository), blob: anyBlob }).map(
  ({ target, source, blob }) =>
    step(`mount ${blob.name} in ${target} from ${source ?? "anywhere"}`, async (model, world) => {
      const from = source === null ? "" : `&from=${source}`;
      const path = `/v2/${target}/blobs/uploads/?mount=${blob.digest}${from}`;
      const { status } = await ask(path, { method: "POST", as: secretOf(world, target) });
      const sources = namesIn(model, spaceOf(target)).filter((name) => source === null || name === source);
      const isThere = sources.some((name) => hasWhole(model, model.repositories.get(name), blob));
      if (isThere) expectAnswer(status, mayLink(model, target, blob) ? 201 : 403);
      else expectAnswer(status, mayBegin(model, target, 1) ? 202 : 403);
      if (status === 201) touch(pushedRepository(model, target), blob.digest, world.clock.now());
    }),
);

function namesIn({ repositories }: Model, space: string): readonly string[] {
  return [...repositories.keys()].filter((name) => spaceOf(name) === space);
}

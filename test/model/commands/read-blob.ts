import { record } from "fast-check";
import { isReadable } from "../../support/upload.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import { hasWhole } from "../damaged.ts";
import { touch } from "../model.ts";
import { expectAnswer, step } from "../step.ts";
import { secretOf } from "../world.ts";

/** Reads a blob, which renews its grace. */
export const readBlob = record({ name: anyRepository, blob: anyBlob }).map(({ name, blob }) =>
  step(`read ${blob.name} from ${name}`, async (model, world) => {
    const repository = model.repositories.get(name);
    const isThere = hasWhole(model, repository, blob);
    expectAnswer(await isReadable(name, secretOf(world, name), blob.digest), isThere);
    if (isThere && repository !== undefined) touch(repository, blob.digest, world.clock.now());
  }),
);

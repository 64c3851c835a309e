import fc from "fast-check";
import { expect } from "vitest";
import { isReadable } from "../../support/upload.ts";
import { anyBlob, anyRepository } from "../choices.ts";
import { has, touch } from "../model.ts";
import { step } from "../step.ts";
import { secretOf } from "../world.ts";

/** Reading a blob, which renews its grace. */
export const readBlob = fc.record({ name: anyRepository, blob: anyBlob }).map(({ name, blob }) =>
  step(`read ${blob.name} from ${name}`, async (model, world) => {
    const repository = model.repositories.get(name);
    const isThere = has(repository, blob);
    expect(await isReadable(name, secretOf(world, name), blob.digest)).toBe(isThere);
    if (isThere && repository !== undefined) touch(repository, blob.digest, world.clock.now());
  }),
);

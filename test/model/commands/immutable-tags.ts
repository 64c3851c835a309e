import { constantFrom, record } from "fast-check";
import { manage } from "../../support/registry.ts";
import { anyMiss, anyRepository } from "../choices.ts";
import { expectAnswer, step } from "../step.ts";

/** Draws no patterns, or the same ones in two forms: see `isImmutable`. */
const anyPatterns = constantFrom<string[][]>([], ["1.*", "sha256-*"], ["*", "!latest"]);

export const setImmutableTags = record({ name: anyRepository, immutableTags: anyPatterns, miss: anyMiss }).map(
  ({ name, immutableTags, miss }) =>
    step(
      `make ${JSON.stringify(immutableTags)} of ${name} immutable`,
      async ({ repositories }) => {
        const [space, path] = name.split("/");
        const { status } = await manage("PATCH", `spaces/${space}/repositories/${path}`, { immutableTags });
        const repository = repositories.get(name);
        expectAnswer(status, repository === undefined ? 404 : 200);
        if (repository !== undefined) repository.immutable = immutableTags.length > 0;
      },
      ({ repositories }) => miss || repositories.has(name),
    ),
);

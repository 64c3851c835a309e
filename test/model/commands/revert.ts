import { option, record } from "fast-check";
import type { Digest } from "../../../src/oci/digest.ts";
import { manage } from "../../support/registry.ts";
import { anyManifest, anyMiss, anyRepository, anyTag } from "../choices.ts";
import { type Model, previousOf } from "../model.ts";
import { restore } from "../restore.ts";
import { expectAnswer, step } from "../step.ts";
import { scrubReturned } from "./damage.ts";

/** Points a tag back to its previous digest, or to a manifest, which may come out of the trash. */
export const revert = record({ name: anyRepository, tag: anyTag, to: option(anyManifest), miss: anyMiss }).map(
  ({ name, tag, to, miss }) =>
    step(
      `revert ${tag} of ${name} to ${to?.name ?? "what it was on before"}`,
      async (model, world) => {
        const [space, path] = name.split("/");
        const wish = { repository: path, tag, to: to?.digest };
        const { status } = await manage("POST", `spaces/${space}/tags:revert`, wish);
        expectAnswer(status, reverted(model, name, tag, to?.digest, world.clock.now()));
        await scrubReturned(model, world, name);
      },
      ({ repositories }) => miss || repositories.get(name)?.tags.has(tag) === true,
    ),
);

function reverted(model: Model, name: string, tag: string, to: Digest | undefined, now: number): number {
  const repository = model.repositories.get(name);
  if (repository === undefined) return 404;
  const digest = to ?? previousOf(repository, tag);
  if (digest === undefined) return 409;
  return digest === repository.tags.get(tag) ? 200 : restore(model, name, digest, [tag], now);
}

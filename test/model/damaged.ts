/** The part of the model's content that is damaged in storage and known to be: it counts as absent until it is pushed again. */
import type { Digest } from "../../src/oci/digest.ts";
import { isManifest, type ModelBlob, type ModelManifest } from "./content.ts";
import { type Model, pushedRepository, type RepositoryModel, touch } from "./model.ts";

/** True if it can be read from the repository and be built upon. */
export function hasWhole(
  { damaged }: Model,
  repository: RepositoryModel | undefined,
  content: ModelBlob | ModelManifest,
): boolean {
  if (repository === undefined) return false;
  const { digest } = content;
  return isManifest(content)
    ? repository.manifests.has(digest) && !repository.damaged.has(digest)
    : repository.links.has(digest) && !damaged.has(digest);
}

/** Receives the blob's bytes, which mends it in all repositories. */
export function receive(model: Model, name: string, digest: Digest, now: number): void {
  model.damaged.delete(digest);
  touch(pushedRepository(model, name), digest, now);
}

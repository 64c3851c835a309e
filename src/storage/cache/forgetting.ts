import type { BlobStore, ManifestStore } from "../../registry/stores.ts";
import type { QuarantineStore } from "../../upkeep/scrub-stores.ts";
import { forgetContents, forgetObjects, type HeldContent } from "./forget.ts";

/** Finds some of the repositories that have what these keys hold, as the rows say now. */
export type FindHolders = (keys: readonly string[]) => Promise<readonly HeldContent[]>;

/** Quarantine that takes effect at once in this data centre: what is remembered of the content would lead on to its damaged bytes. */
export function forgettingQuarantine(
  quarantine: QuarantineStore,
  cache: Cache,
  findHolders: FindHolders,
): QuarantineStore {
  return {
    ...quarantine,
    async judge(verdicts, now) {
      const changed = await quarantine.judge(verdicts, now);
      const keys = changed.map(({ key }) => key);
      if (keys.length > 0) await forgetAll(cache, keys, findHolders);
      return changed;
    },
  };
}

/** A blob that is mended is read under its new key at once, in all repositories that have it. */
export function forgettingBlobs(blobs: BlobStore, cache: Cache, findHolders: FindHolders): BlobStore {
  return {
    ...blobs,
    async link(grant, blob) {
      const linked = await blobs.link(grant, blob);
      if (linked.mends) await forgetAll(cache, [blob.key], findHolders);
      return linked;
    },
  };
}

/** Like {@link forgettingBlobs}; each repository has a manifest for itself. */
export function forgettingManifests(manifests: ManifestStore, cache: Cache): ManifestStore {
  return {
    ...manifests,
    async commit(grant, push) {
      const committed = await manifests.commit(grant, push);
      if (committed.mends) await forgetContents(cache, [{ name: grant.name, digest: push.stored.digest }]);
      return committed;
    },
  };
}

async function forgetAll(cache: Cache, keys: readonly string[], findHolders: FindHolders): Promise<void> {
  await forgetObjects(cache, keys);
  await forgetContents(cache, await findHolders(keys));
}

import { requireDigest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/name.ts";
import type { BlobStore, ManifestStore } from "../../registry/stores.ts";
import type { QuarantineStore } from "../../upkeep/scrub-stores.ts";
import { forgetContents, forgetObjects } from "./forget.ts";

/** Finds some of the repositories that have the blob whose bytes are under a key. */
export type FindHolders = (key: string) => Promise<readonly RepositoryName[]>;

/**
 * Makes quarantine take effect at once in this data centre: without it, the memory of the content would still lead to
 * its damaged bytes.
 */
export function forgettingQuarantine(quarantine: QuarantineStore, cache: Cache): QuarantineStore {
  return {
    ...quarantine,
    async apply(results, now) {
      const changed = await quarantine.apply(results, now);
      await forgetObjects(
        cache,
        changed.map(({ key }) => key),
      );
      const held = changed.flatMap(({ digest, holders }) =>
        holders.map((name) => ({ name, digest: requireDigest(digest) })),
      );
      await forgetContents(cache, held.slice(0, MOST));
      return changed;
    },
  };
}

/** The most contents that one run has the means to forget at once. The memory of the others expires. */
const MOST = 100;

/** Makes all repositories that have a repaired blob read it under its new key at once. */
export function forgettingBlobs(blobs: BlobStore, cache: Cache, findHolders: FindHolders): BlobStore {
  return {
    ...blobs,
    async link(grant, blob, session) {
      const linked = await blobs.link(grant, blob, session);
      if (linked.mends) {
        const names = await findHolders(blob.key);
        await forgetContents(
          cache,
          names.map((name) => ({ name, digest: blob.digest })),
        );
      }
      return linked;
    },
  };
}

/** Like {@link forgettingBlobs}, for manifests. A manifest belongs to one repository. */
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

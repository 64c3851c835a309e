import type { ManifestStore } from "../../../registry/stores.ts";
import type { D1Reader } from "../reader.ts";
import type { Announcing } from "./announcing.ts";
import { deleteManifests } from "./delete-manifest.ts";
import { pullManifests } from "./pull-manifest.ts";
import { pushManifests } from "./push-manifest.ts";
import { listReferrers } from "./referrers.ts";

/** Stores manifests, their references and the tags on them, in D1. @param replica see {@link readReplicaFirst} */
export function d1Manifests(db: D1Database, replica: D1Reader | null, announcing: Announcing): ManifestStore {
  return {
    ...pullManifests(db, replica),
    ...pushManifests(db, announcing),
    ...deleteManifests(db, announcing),
    ...listReferrers(db),
  };
}

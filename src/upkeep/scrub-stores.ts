import type { RepositoryName } from "../oci/name.ts";
import type { Damage } from "../registry/damage.ts";
import type { KeptObject } from "../registry/stores.ts";
import type { WalkStore } from "./stores.ts";

export const OBJECT_KINDS = ["blobs", "manifests"] as const;

/** The kind of content that an object holds, by the table of its row. */
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface ScrubbedObject extends KeptObject {
  /** The damage that its row tells of. */
  readonly damage: Damage | null;
}

/** The result of reading an object. */
export interface ScrubResult {
  readonly digest: string;
  readonly key: string;
  readonly damage: Damage | null;
}

/** A result that changed a row. */
export interface ChangedObject extends ScrubResult {
  /** Some of the repositories that have the content. */
  readonly holders: readonly RepositoryName[];
}

export interface QuarantineStore {
  /** Lists the next objects that rows point to, ordered by key, quarantined or not. */
  next(kind: ObjectKind, after: string, limit: number): Promise<readonly ScrubbedObject[]>;
  /**
   * Quarantines or releases the content whose row still points to the object that was looked at: what was pushed meanwhile
   * has another key. Returns the results that changed a row.
   */
  apply(results: readonly ScrubResult[], now: number): Promise<readonly ChangedObject[]>;
}

export interface ScrubStores {
  readonly walks: WalkStore;
  readonly quarantine: QuarantineStore;
  /** Finds the damage of an object's bytes; null: none. Throws where they cannot be read, which says nothing of them. */
  readonly examine: (object: KeptObject) => Promise<Damage | null>;
}

import type { RepositoryName } from "../oci/name.ts";
import type { Damage } from "../registry/damage.ts";
import type { KeptObject } from "../registry/stores.ts";
import type { WalkStore } from "./stores.ts";

export const OBJECT_KINDS = ["blobs", "manifests"] as const;

/** The kind of content that an object holds, by the table of its row. */
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface ScrubbedObject extends KeptObject {
  /** The damage that its row records. */
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
  /** Lists the next objects that rows point to, quarantined or not, ordered by key. */
  next(kind: ObjectKind, after: string, limit: number): Promise<readonly ScrubbedObject[]>;
  /**
   * Quarantines or releases content whose row still points to the object that was looked at: content that
   * was pushed meanwhile has another key. Returns the results that changed a row.
   */
  apply(results: readonly ScrubResult[], now: number): Promise<readonly ChangedObject[]>;
}

export interface ScrubStores {
  readonly walks: WalkStore;
  readonly quarantine: QuarantineStore;
  /** Finds the damage of an object's bytes; null if there is none. Throws if they cannot be read, which says nothing about them. */
  readonly examine: (object: KeptObject) => Promise<Damage | null>;
}

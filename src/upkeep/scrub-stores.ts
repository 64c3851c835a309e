import type { RepositoryName } from "../oci/name.ts";
import type { Damage } from "../registry/damage.ts";
import type { KeptObject } from "../registry/stores.ts";
import type { WalkStore } from "./stores.ts";

export const OBJECT_KINDS = ["blobs", "manifests"] as const;

/** What the bytes of an object are. */
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface ScrubbedObject extends KeptObject {
  /** What its row says is wrong with it. */
  readonly damage: Damage | null;
}

/** What looking at an object came to. */
export interface Verdict {
  readonly digest: string;
  readonly key: string;
  readonly damage: Damage | null;
}

/** A verdict that changed something. */
export interface Judged extends Verdict {
  /** Some of the repositories that have the content. */
  readonly holders: readonly RepositoryName[];
}

export interface QuarantineStore {
  /** The next objects that rows point to, ordered by key, quarantined or not. */
  next(kind: ObjectKind, after: string, limit: number): Promise<readonly ScrubbedObject[]>;
  /**
   * Quarantines or releases the content whose row still points to the object that was looked at: what was pushed meanwhile
   * has another key. Returns the verdicts that changed something.
   */
  judge(verdicts: readonly Verdict[], now: number): Promise<readonly Judged[]>;
}

export interface ScrubStores {
  readonly walks: WalkStore;
  readonly quarantine: QuarantineStore;
  /** What is wrong with an object's bytes; null: nothing. Throws where they cannot be read, which says nothing of them. */
  readonly examine: (object: KeptObject) => Promise<Damage | null>;
}

/**
 * Targets, as events need them. Times are milliseconds since the epoch; null means absence. Every method
 * with a grant throws SPACE_UNKNOWN if the space is gone, and TOKEN_INVALID if the credential was revoked.
 */
import type { SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest } from "../oci/page.ts";

/** The newest secret of a target, and the one before it, which is valid until `previousUntil`. */
export interface TargetSecrets {
  readonly current: string | null;
  readonly previous: string | null;
  readonly previousUntil: number | null;
}

export interface Target {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** The address as it may be shown: only scheme and host if the whole of it is secret. */
  readonly url: string;
  readonly config: unknown;
  /** True if it puts in place what it is given. A target that does not is only told, and keeps nothing from retention. */
  readonly deploys: boolean;
  readonly hasSecret: boolean;
  readonly enabled: boolean;
  /** The reason why the registry switched it off; null if it did not. */
  readonly disabledReason: string | null;
  readonly failingSince: number | null;
  readonly createdAt: number;
}

/** A target with its secrets, which must not be shown. */
export interface OpenTarget {
  readonly target: Target;
  /** The whole address. */
  readonly address: string;
  readonly secrets: TargetSecrets;
}

/** Changes to a target; undefined fields stay. */
export interface TargetUpdate {
  readonly name: string | undefined;
  /** The address as it may be shown, and the whole address. */
  readonly address: { readonly shown: string; readonly whole: string } | undefined;
  readonly config: unknown;
  readonly deploys: boolean | undefined;
  /** Null removes the secret: the old one becomes invalid at once, without its day. */
  readonly secret: string | null | undefined;
}

export interface TargetStore {
  /** Writes a target. An address that is not shown whole is stored encrypted, like the secret. */
  create(grant: SpaceGrant, target: Target, address: string, secret: string | null): Promise<void>;
  open(grant: SpaceGrant, id: string): Promise<OpenTarget | null>;
  find(grant: SpaceGrant, id: string): Promise<Target | null>;
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<Target>>;
  /**
   * Changes a target. Returns false and changes nothing if there is no such target, or if an address would
   * change under a secret that does not.
   */
  update(grant: SpaceGrant, id: string, update: TargetUpdate): Promise<boolean>;
  /** Switches it off, or on, which forgets the reason and the failures. */
  setEnabled(grant: SpaceGrant, id: string, enabled: boolean): Promise<boolean>;
  /** Gives it a new secret. The old one still signs until `previousUntil`. */
  rotateSecret(grant: SpaceGrant, id: string, secret: string, previousUntil: number): Promise<boolean>;
  /** Deletes it and cancels its pending deliveries. */
  delete(grant: SpaceGrant, id: string, by: string): Promise<boolean>;
  /** Returns those of the ids that the space has. */
  known(grant: SpaceGrant, ids: readonly string[]): Promise<readonly string[]>;
}

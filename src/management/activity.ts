import type { InstallationGrant, SpaceGrant, SpaceRight } from "../auth/space-grant.ts";
import type { PageRequest, Part } from "../oci/page.ts";

/** First parts of actions, before the dot. The first two are those of registry events. */
export const ACTIVITY_KINDS = [
  "tag",
  "manifest",
  "repository",
  "space",
  "token",
  "session",
  "login",
  "trigger",
  "target",
  "delivery",
  "retention",
] as const;

type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** A change that somebody made. Times are milliseconds since the epoch. */
export interface Act {
  /** A credential's id, `administrator`, or the e-mail address of an administrator. */
  readonly actor: string;
  /** The kind and the deed, like `token.created`. */
  readonly action: `${ActivityKind}.${string}`;
  /** The id of the changed thing, if it has one. */
  readonly subject?: string;
  /** The name of the changed thing. */
  readonly name?: string;
  /** A repository's path. */
  readonly repository?: string;
  /** A tag or digest in it. */
  readonly reference?: string;
  /** The terms of the request, never with a secret. */
  readonly detail?: object;
}

/** An act, or an event of a push or deletion, in the list of both. */
export interface Activity {
  /** The event's id, or the act's own, like `evt_…` or `act_…`. */
  readonly id: string;
  readonly at: number;
  readonly actor: { readonly id: string; readonly name: string };
  readonly action: string;
  readonly subject: string | null;
  readonly name: string | null;
  readonly repository: string | null;
  readonly reference: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** Conditions that narrow a list; null: none. */
export interface ActivityFilter {
  readonly actor: string | null;
  readonly kind: ActivityKind | null;
}

/** Logins that failed in an hour, from one network. */
interface FailedLoginActivity {
  readonly network: string;
  readonly attempts: number;
}

/**
 * The space that an act happened in. Acts are noted once they are done, so even a credential that revoked itself is
 * recorded.
 */
export type NotedIn = Pick<SpaceRight, "space" | "spaceId">;

export interface ActivityStore {
  /** Adds to the hour's entry for the network. An hour has a bounded number of entries. */
  noteFailedLogins(failed: FailedLoginActivity, now: number): Promise<void>;
  /**
   * Notes an act after it is done.
   * @param space null: the act is about the installation.
   */
  note(space: NotedIn | null, act: Act, now: number): Promise<void>;
  /**
   * Lists a space's activity and events, newest first. It reads a bounded number of rows. Throws SPACE_UNKNOWN or
   * TOKEN_INVALID if the grant no longer holds.
   */
  ofSpace(grant: SpaceGrant, filter: ActivityFilter, page: PageRequest): Promise<Part<Activity>>;
  /**
   * Lists the installation's activity: spaces that came and went, and administrators who signed in. It reads a bounded
   * number of rows.
   */
  ofInstallation(grant: InstallationGrant, filter: ActivityFilter, page: PageRequest): Promise<Part<Activity>>;
}

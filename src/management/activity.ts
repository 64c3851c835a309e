import type { InstallationGrant, SpaceGrant, SpaceRight } from "../auth/space-grant.ts";
import type { PageRequest, Part } from "../oci/page.ts";

/** The first parts of actions, before the dot. The first two are those of registry events. */
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

/** Something that somebody changed. Times are milliseconds since the epoch. */
export interface Act {
  /** A credential's id, `administrator`, or the e-mail address of an administrator. */
  readonly actor: string;
  /** As in `token.created`. */
  readonly action: `${ActivityKind}.${string}`;
  /** The id of what was changed, where it has one. */
  readonly subject?: string;
  /** How that is called. */
  readonly name?: string;
  /** A repository's path. */
  readonly repository?: string;
  /** A tag or digest in it. */
  readonly reference?: string;
  /** The request's terms. Never a secret. */
  readonly detail?: object;
}

/** An act, or a push or deletion, in the list of both. */
export interface Activity {
  /** An event's, or one of its own: as in `evt_…`, `act_…`. */
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

/** The space that something was done in. It is noted after the act, so that even a credential that revoked itself is told of. */
export type NotedIn = Pick<SpaceRight, "space" | "spaceId">;

export interface ActivityStore {
  /** Adds to the hour's entry for the network, of which there are so many in an hour at most. */
  noteFailedLogins(failed: FailedLoginActivity, now: number): Promise<void>;
  /** Notes an act after it is done. @param space null: it is about the installation. */
  note(space: NotedIn | null, act: Act, now: number): Promise<void>;
  /**
   * A space's activity and events, the newest first. A bounded number of rows is read. Throws SPACE_UNKNOWN or TOKEN_INVALID where the
   * grant no longer holds.
   */
  ofSpace(grant: SpaceGrant, filter: ActivityFilter, page: PageRequest): Promise<Part<Activity>>;
  /** The installation's activity: spaces that came and went, and administrators who signed in. A bounded number of rows is read. */
  ofInstallation(grant: InstallationGrant, filter: ActivityFilter, page: PageRequest): Promise<Part<Activity>>;
}

import type { Credential } from "./auth/credential.ts";
import type { Grant } from "./auth/grant.ts";
import type { SigningKeys } from "./auth/keys.ts";
import type { Principal } from "./auth/principal.ts";
import type { CatalogGrant, InstallationGrant, ReaderGrant, SpaceGrant } from "./auth/space-grant.ts";
import type { TokenRealm } from "./auth/tokens.ts";
import type { Authenticator } from "./auth/authenticate.ts";
import type { Delivering } from "./events/processing.ts";
import type { EventStores } from "./events/stores.ts";
import type { ActivityStore } from "./management/activity.ts";
import type { ManagementStores } from "./management/stores.ts";
import type { Stores } from "./registry/stores.ts";
import type { UndoStore } from "./management/undo.ts";

/** The installation, as one request sees it. */
export interface Installation {
  readonly stores: Stores;
  readonly management: ManagementStores;
  readonly undo: UndoStore;
  readonly activity: ActivityStore;
  /**
   * Ends, after the answer, uploads whose credential was just revoked, or whose space or repository was just deleted.
   */
  readonly endDeadUploads: () => void;
  /** Milliseconds for which deleted content can be restored. */
  readonly keepDeleted: number;
  readonly events: EventStores;
  /** Rules on the addresses of targets, and the means to reach them. */
  readonly delivering: Delivering;
  /** The most bytes of a request's body; null: no limit is stated. */
  readonly maxBody: number | null;
  readonly keys: SigningKeys;
  readonly realm: TokenRealm;
  readonly authenticator: Authenticator;
  /** Returns the console's index.html, with its headers; null: the console is not served. */
  readonly consolePage: (() => Promise<Response>) | null;
  /** Runs work that the answer need not wait for. */
  readonly later: (work: Promise<unknown>) => void;
}

/** One request on its way through route, authorization and handler. Its params are untrusted text. */
export interface Call {
  readonly request: Request;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly registry: Installation;
}

export interface RepositoryCall extends Call {
  readonly principal: Principal;
  readonly grant: Grant;
}

export interface CatalogCall extends Call {
  readonly grant: CatalogGrant;
}

export interface SpaceCall extends Call {
  readonly grant: SpaceGrant;
}

export interface SpaceReaderCall extends Call {
  readonly grant: ReaderGrant;
}

export interface RepositoryReaderCall extends Call {
  /** The right in the repository that the request names. Handlers use the grant and do not parse the name again. */
  readonly grant: Grant;
  /** True if the sender manages the space. */
  readonly manages: boolean;
}

export interface InstallationCall extends Call {
  readonly grant: InstallationGrant;
}

export interface SelfCall extends Call {
  /** Null: the installation's administrator. */
  readonly credential: Credential | null;
}

export type Handler<C extends Call = Call> = (call: C) => Promise<Response> | Response;

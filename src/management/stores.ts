import type { CredentialAction } from "../auth/credential.ts";
import type { Grant } from "../auth/grant.ts";
import type { InstallationGrant, ReaderGrant, SpaceGrant } from "../auth/space-grant.ts";
import type { Page, PageRequest, Part } from "../oci/page.ts";
import type { StorageHistory, StorageReports } from "./storage-report.ts";
import type { ManifestReports } from "./manifest-report.ts";
import type { Quota, Usage } from "../registry/usage.ts";
import type { Damage } from "../registry/damage.ts";
import type { RetentionRuleStore, RetentionStore } from "./retention.ts";
import type { TagDeletionStore, TagDirectory } from "./tags.ts";

/** Patterns over tags that nobody may move or delete. */
type TagPatterns = readonly string[];

/** A team's registry. Times here are milliseconds since the epoch. */
export interface Space {
  readonly id: number;
  readonly name: string;
  /** True if anybody may pull from all its repositories. */
  readonly public: boolean;
  readonly immutableTags: TagPatterns;
  /** Hosts of other registries that it stands for. */
  readonly namespaces: readonly string[];
  readonly usage: Usage;
  readonly createdAt: number;
}

/** Changes to a space. An absent field stays as it is. */
interface SpaceChanges {
  readonly public?: boolean | undefined;
  readonly immutableTags?: TagPatterns | undefined;
  readonly namespaces?: readonly string[] | undefined;
  /** Limits. A limit below the present usage deletes nothing; it only keeps more from coming. */
  readonly quota?: { readonly [measure in keyof Quota]?: Quota[measure] | undefined } | undefined;
}

/** The spaces. Each method that takes a space's grant throws SPACE_UNKNOWN or TOKEN_INVALID if it no longer holds. */
export interface SpaceStore {
  /** Makes a space; null: the name is taken. */
  create(grant: InstallationGrant, name: string, isPublic: boolean): Promise<Space | null>;
  find(grant: SpaceGrant): Promise<Space>;
  /** Lists the spaces, ordered by name. */
  list(grant: InstallationGrant, page: PageRequest): Promise<Page<Space>>;
  update(grant: SpaceGrant, changes: SpaceChanges): Promise<Space>;
  /** Deletes a space with its repositories, and revokes its tokens. */
  delete(grant: SpaceGrant): Promise<void>;
}

/** A credential as its space's administrator sees it: everything but the secret. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly actions: readonly CredentialAction[];
  readonly repositories: readonly string[];
  readonly createdAt: number;
  /** The token or the administrator that made it; null: it was made before this was noted. */
  readonly createdBy: { readonly id: string; readonly name: string } | null;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** A token that was revoked. */
type RevokedToken = Pick<Token, "id" | "name">;

/** The tokens of a space. Each method throws SPACE_UNKNOWN or TOKEN_INVALID if the grant no longer holds. */
export interface TokenStore {
  create(grant: SpaceGrant, token: Token, hash: string): Promise<void>;
  find(grant: SpaceGrant, id: string): Promise<Token | null>;
  /** Lists the tokens that are not revoked, ordered by id. */
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<Token>>;
  /**
   * Revokes a token, and with `descendants` the tokens that it made, and theirs. Returns the revoked tokens, itself
   * first; none if there is no such token.
   */
  revoke(grant: SpaceGrant, id: string, descendants: boolean): Promise<readonly RevokedToken[]>;
}

/** Console sessions that were signed out of before their end. They are known by marks, which are not secret. */
export interface EndedSessionStore {
  /**
   * Notes that a session was ended.
   * @param expiresAt time at which the session would have ended by itself; the row is useless from then on.
   */
  end(mark: string, expiresAt: number): Promise<void>;
  has(mark: string): Promise<boolean>;
  /** Drops the rows that have expired by now. */
  forget(now: number): Promise<void>;
}

export interface Repository {
  /** The path within the space. */
  readonly path: string;
  readonly public: boolean;
  /** Null: the space's patterns hold. */
  readonly immutableTags: TagPatterns | null;
  readonly createdAt: number;
  /** Size of the blobs that it links and of its manifests. */
  readonly bytes: number;
  readonly tags: number;
  /** The time at which one of its tags was last set; null: it has no tags. */
  readonly pushedAt: number | null;
  /** The day of the last pull from it; null: there was none. */
  readonly pulledAt: number | null;
}

/** Changes to a repository. An absent field stays as it is. */
interface RepositoryChanges {
  readonly public?: boolean | undefined;
  readonly immutableTags?: TagPatterns | null | undefined;
}

/**
 * The repositories of a space. Each method throws TOKEN_INVALID if the grant no longer holds, and SPACE_UNKNOWN if its
 * space is gone.
 */
export interface RepositoryDirectory {
  /** Lists the repositories that the grant covers, ordered by path. The cursor is a path. */
  list(grant: ReaderGrant, page: PageRequest): Promise<Part<Repository>>;
  find(grant: Grant): Promise<Repository | null>;
  update(grant: SpaceGrant, path: string, changes: RepositoryChanges): Promise<Repository | null>;
  /** Deletes a repository. Returns false if there is none. Throws TAG_IMMUTABLE if it has immutable tags. */
  delete(grant: SpaceGrant, path: string): Promise<boolean>;
}

export const CONTENT_KINDS = ["blob", "manifest"] as const;

/** Content of a repository that is quarantined. */
export interface DamagedContent {
  /** Position in the list; every content has its own. */
  readonly position: string;
  readonly kind: (typeof CONTENT_KINDS)[number];
  readonly digest: string;
  /** The full name. */
  readonly repository: string;
  /** Bytes that it should have. */
  readonly size: number;
  readonly damage: Damage;
  readonly since: number;
  /** The first tags that cannot be pulled whole. */
  readonly tags: readonly string[];
}

export interface DamageList {
  /**
   * Lists the damaged content, ordered by digest. Throws SPACE_UNKNOWN or TOKEN_INVALID if the grant no longer holds.
   */
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<DamagedContent>>;
}

/** Everything that the management API works with. */
export interface ManagementStores {
  readonly spaces: SpaceStore;
  readonly tokens: TokenStore;
  readonly endedSessions: EndedSessionStore;
  readonly directory: RepositoryDirectory;
  readonly tags: TagDirectory;
  readonly deletions: TagDeletionStore;
  readonly manifests: ManifestReports;
  readonly storage: StorageReports;
  readonly storageHistory: StorageHistory;
  readonly damaged: DamageList;
  readonly retentionRules: RetentionRuleStore;
  readonly retention: RetentionStore;
}

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

/** Patterns over tags that neither move nor go. */
type TagPatterns = readonly string[];

/** A team's registry. Times here are milliseconds since the epoch. */
export interface Space {
  readonly id: number;
  readonly name: string;
  /** True if all its repositories may be pulled by anybody. */
  readonly public: boolean;
  readonly immutableTags: TagPatterns;
  /** Hosts of other registries that it stands for. */
  readonly namespaces: readonly string[];
  readonly usage: Usage;
  readonly createdAt: number;
}

/** Changes; what is absent stays. */
interface SpaceChanges {
  readonly public?: boolean | undefined;
  readonly immutableTags?: TagPatterns | undefined;
  readonly namespaces?: readonly string[] | undefined;
  /** Limits below what is there already take nothing: they only keep more from coming. */
  readonly quota?: { readonly [measure in keyof Quota]?: Quota[measure] | undefined } | undefined;
}

/** Each method that takes a space's grant throws SPACE_UNKNOWN or TOKEN_INVALID where it no longer holds. */
export interface SpaceStore {
  /** Null when there is one of that name. */
  create(grant: InstallationGrant, name: string, isPublic: boolean): Promise<Space | null>;
  find(grant: SpaceGrant): Promise<Space>;
  /** Ordered by name. */
  list(grant: InstallationGrant, page: PageRequest): Promise<Page<Space>>;
  update(grant: SpaceGrant, changes: SpaceChanges): Promise<Space>;
  /** Its repositories go with it, and its tokens are revoked. */
  delete(grant: SpaceGrant): Promise<void>;
}

/** A credential as its space's administrator sees it: everything but the secret. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly actions: readonly CredentialAction[];
  readonly repositories: readonly string[];
  readonly createdAt: number;
  /** The token that made it, or an administrator; null: it was made before that was noted. */
  readonly createdBy: { readonly id: string; readonly name: string } | null;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** A token that was revoked. */
type RevokedToken = Pick<Token, "id" | "name">;

/** Each method throws SPACE_UNKNOWN or TOKEN_INVALID where the grant no longer holds. */
export interface TokenStore {
  create(grant: SpaceGrant, token: Token, hash: string): Promise<void>;
  find(grant: SpaceGrant, id: string): Promise<Token | null>;
  /** Ordered by id; without those revoked. */
  list(grant: SpaceGrant, page: PageRequest): Promise<Page<Token>>;
  /**
   * Revokes a token, and with `descendants` what it made, and what that made. Returns those that it revoked, itself first; none where there
   * is no such token.
   */
  revoke(grant: SpaceGrant, id: string, descendants: boolean): Promise<readonly RevokedToken[]>;
}

/** Sessions of the console that were signed out of before their end. They are known by marks, which are no secrets. */
export interface EndedSessionStore {
  /** @param expiresAt when the session would have ended by itself; the row is of no use from then on. */
  end(mark: string, expiresAt: number): Promise<void>;
  has(mark: string): Promise<boolean>;
  /** Drops those that have expired by now. */
  forget(now: number): Promise<void>;
}

export interface Repository {
  /** Within the space. */
  readonly path: string;
  readonly public: boolean;
  /** Null: as its space has it. */
  readonly immutableTags: TagPatterns | null;
  readonly createdAt: number;
  /** The size of the blobs that it links and of its manifests. */
  readonly bytes: number;
  readonly tags: number;
  /** When one of its tags was set last; null where it has none. */
  readonly pushedAt: number | null;
  /** When something was pulled from it last, to the day; null where nothing was. */
  readonly pulledAt: number | null;
}

/** Changes; what is absent stays. */
interface RepositoryChanges {
  readonly public?: boolean | undefined;
  readonly immutableTags?: TagPatterns | null | undefined;
}

/** Each method throws TOKEN_INVALID where the grant no longer holds, and SPACE_UNKNOWN where its space is gone. */
export interface RepositoryDirectory {
  /** Those that the grant covers, ordered by path; the cursor is a path. */
  list(grant: ReaderGrant, page: PageRequest): Promise<Part<Repository>>;
  find(grant: Grant): Promise<Repository | null>;
  update(grant: SpaceGrant, path: string, changes: RepositoryChanges): Promise<Repository | null>;
  /** False when there is none. Throws TAG_IMMUTABLE where it has such tags. */
  delete(grant: SpaceGrant, path: string): Promise<boolean>;
}

export const CONTENT_KINDS = ["blob", "manifest"] as const;

/** Content of a repository that is quarantined. */
export interface DamagedContent {
  /** In the list: unlike any other's. */
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
  /** Ordered by digest. Throws SPACE_UNKNOWN or TOKEN_INVALID where the grant no longer holds. */
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

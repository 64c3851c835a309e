import type { CredentialAction } from "../auth/credential.ts";
import type { Page, PageRequest } from "../oci/page.ts";

/** Patterns over tags that neither move nor go. */
type TagPatterns = readonly string[];

/** A team's registry. Times here are milliseconds since the epoch. */
export interface Space {
  readonly id: number;
  readonly name: string;
  /** Whether all its repositories may be pulled by anybody. */
  readonly public: boolean;
  readonly immutableTags: TagPatterns;
  readonly createdAt: number;
}

/** What shall be different; what is absent stays. */
interface SpaceChanges {
  readonly public?: boolean | undefined;
  readonly immutableTags?: TagPatterns | undefined;
}

export interface SpaceStore {
  /** Null when there is one of that name. */
  create(name: string, isPublic: boolean): Promise<Space | null>;
  find(name: string): Promise<Space | null>;
  /** Ordered by name. */
  list(page: PageRequest): Promise<Page<Space>>;
  /** Null when there is none. */
  update(name: string, changes: SpaceChanges): Promise<Space | null>;
  /** Its repositories go with it, and its tokens are revoked. False when there is none. */
  delete(name: string): Promise<boolean>;
}

/** A credential as its space's administrator sees it: everything but the secret. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly actions: readonly CredentialAction[];
  readonly repositories: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

export interface TokenStore {
  /** False when there is no such space. */
  create(space: string, token: Token, hash: string): Promise<boolean>;
  find(space: string, id: string): Promise<Token | null>;
  /** Ordered by id; without those revoked. Null when there is no such space. */
  list(space: string, page: PageRequest): Promise<Page<Token> | null>;
  /** False when there is none. */
  revoke(space: string, id: string): Promise<boolean>;
}

export interface Repository {
  /** Within the space. */
  readonly path: string;
  readonly public: boolean;
  /** Null: as its space has it. */
  readonly immutableTags: TagPatterns | null;
  readonly createdAt: number;
}

/** What shall be different; what is absent stays. */
interface RepositoryChanges {
  readonly public?: boolean | undefined;
  readonly immutableTags?: TagPatterns | null | undefined;
}

export interface TaggedManifest {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest itself. */
  readonly size: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** No route moves or deletes it. */
  readonly immutable: boolean;
}

export interface RepositoryDirectory {
  /** Ordered by path. Null when there is no such space. */
  list(space: string, page: PageRequest): Promise<Page<Repository> | null>;
  find(space: string, path: string): Promise<Repository | null>;
  update(space: string, path: string, changes: RepositoryChanges): Promise<Repository | null>;
  /** False when there is none. Throws TAG_IMMUTABLE where it has such tags. */
  delete(space: string, path: string): Promise<boolean>;
  /** Ordered by name. Null when there is no such repository. */
  tags(space: string, path: string, page: PageRequest): Promise<Page<TaggedManifest> | null>;
}

/** What the management API works with. */
export interface ManagementStores {
  readonly spaces: SpaceStore;
  readonly tokens: TokenStore;
  readonly directory: RepositoryDirectory;
}

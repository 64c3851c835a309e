/**
 * The storage that the use cases need. Every method that touches a repository takes a {@link Grant} and confirms it in
 * the same round trip (`confirmGrant`); if the grant no longer holds, it throws what `confirmGrant` throws. Null means
 * absence; other exceptions are faults.
 *
 * Order of a push: bytes → one batch of rows (with the event) → answer. A crash between any two leaves bytes that no
 * row points to, never a row that points to nothing.
 */
import type { Credential, Rights } from "../auth/credential.ts";
import type { Grant } from "../auth/grant.ts";
import type { CatalogGrant } from "../auth/space-grant.ts";
import type { Annotations } from "../oci/annotations.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest, ManifestReference } from "../oci/manifest.ts";
import type { RepositoryName } from "../oci/name.ts";
import type { Page, PageRequest, Part } from "../oci/page.ts";
import type { ByteRange } from "../oci/range.ts";
import type { Reference, Tag } from "../oci/reference.ts";
import type { Damage, Damaged } from "./damage.ts";
import type { Usage } from "./usage.ts";
import type { OpenUploadStore, UploadStore } from "./upload-store.ts";
import type { WriteCondition } from "./write-condition.ts";

/** An object in R2, as its row describes it. */
export interface KeptObject {
  /** The digest that its bytes must have. */
  readonly digest: Digest;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes in R2. Keys are opaque and fresh: none is ever written twice. */
export interface ByteStore {
  /**
   * Stores the whole of `body` under `key` if its digest is `digest`, and nothing otherwise. A stream must have a known
   * length.
   */
  put(key: string, body: ReadableStream | Uint8Array, digest: Digest): Promise<"stored" | "mismatch">;
  /** Returns the object, or the given part of it; or its damage, as far as that shows before the bytes are read. */
  get(object: KeptObject, range: ByteRange | null): Promise<ReadableStream | Damage>;
  exists(key: string): Promise<boolean>;
  /** Returns an address at which anyone may read the object for some minutes; null: read it with {@link get}. */
  addressOf(object: KeptObject): Promise<string | null>;
  /** Brings some objects, after the answer, to the place where clients are likely to ask for them next. */
  warm(objects: readonly KeptObject[]): void;
  /** Drops an object that no row points to, after the answer. If that fails, collection finds the object. */
  discard(key: string): void;
}

/** A blob's bytes, and their place. */
export type StoredBlob = KeptObject;

/** Reports of damage that pulls find. */
interface DamageStore {
  /** Has an object read again after the answer. If it is damaged, its content is quarantined. */
  suspect(object: KeptObject): void;
}

/** The state that a push finds when it begins. */
interface PushFacts {
  readonly spaceId: number;
  /** Null: the repository does not exist yet. */
  readonly repositoryId: number | null;
  /**
   * True if the named session is open now. It is not opened if the space is full or the credential has too many open.
   */
  readonly opened: boolean;
  /** True if anything that the repository links is quarantined. */
  readonly hasDamage: boolean;
  readonly usage: Usage;
}

interface Holders {
  readonly names: readonly RepositoryName[];
  readonly rights: Rights | null;
}

/** The outcome of a deletion. `referenced`: other content still needs the thing, so it stays. */
export type DeletionOutcome = "deleted" | "absent" | "referenced";

/** The result of a link. */
interface LinkedBlob {
  readonly key: string | null;
  /** True if the bytes replaced damaged ones. */
  readonly mends: boolean;
  readonly usage: Usage;
}

/** The result of a manifest's push. */
interface CommittedManifest {
  /** Null: the space is gone. */
  readonly kept: StoredManifest | null;
  /** True if it replaced a damaged one. */
  readonly mends: boolean;
  readonly usage: Usage;
}

export interface BlobStore {
  /** Finds the blob, if the grant's repository links it. */
  find(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null>;
  /** Like {@link find}, for a pull: asks a read replica first, which may lag. */
  findToRead(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null>;
  /** Like {@link find}, for looking: it does not save a marked blob from collection. */
  look(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null>;
  /**
   * Confirms the grant, opens the session with this id, if any, and returns the facts that the start of an upload
   * needs.
   */
  confirm(grant: Grant, session: string | null): Promise<PushFacts>;
  /**
   * Records the bytes under their digest, unless that has bytes already, and links them in the repository, which it
   * makes if need be: all or nothing. The bytes replace damaged ones. Returns the key that is linked now; null if the
   * bytes were collected meanwhile, or are the damaged ones. Throws SPACE_FULL, REPOSITORIES_FULL.
   * @param session the upload that ends with this; null: it was never open.
   */
  link(grant: Grant, blob: StoredBlob, session: string | null): Promise<LinkedBlob>;
  /** True if the source has the blob and may still be read. Confirms the target's grant, not the source's. */
  canMount(target: Grant, source: Grant, digest: Digest): Promise<boolean>;
  /**
   * Finds the repositories of the grant's own space that link the blob, at most `limit`, and the rights of the grant's
   * credential.
   */
  holders(grant: Grant, digest: Digest, limit: number): Promise<Holders>;
  /**
   * Links a blob that the source has whole. Returns false if the source has lost it meanwhile. Throws SPACE_FULL,
   * REPOSITORIES_FULL.
   */
  linkFrom(target: Grant, source: RepositoryName, digest: Digest): Promise<boolean>;
  unlink(grant: Grant, digest: Digest): Promise<DeletionOutcome>;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** The text, or the key of the R2 object that holds it. */
  readonly content: { readonly body: string } | { readonly key: string };
}

/** A manifest that a reference led to. */
export interface FoundManifest extends StoredManifest {
  /** The tag that it was found by; null: it was found by its digest. */
  readonly tag: Tag | null;
  /** True if the last note of a pull, of the manifest or of the tag, is so old that this pull must be noted. */
  readonly pullIsDue: boolean;
  /** Some of the blobs that it needs, as the repository has them. */
  readonly blobs: readonly StoredBlob[];
}

/** A manifest to keep, and the tags that will point to it. */
export interface ManifestPush {
  readonly stored: StoredManifest;
  readonly manifest: Manifest;
  readonly tags: readonly Tag[];
  /** The condition on each of the tags, or on the manifest if there are none; null: no condition. */
  readonly condition: WriteCondition | null;
}

/** Content that a manifest needs and that the repository lacks, or has in another size. */
export interface ReferenceProblem {
  readonly digest: Digest;
  /** Bytes; null: it is missing altogether. */
  readonly actualSize: number | null;
}

/** A manifest that refers to a subject, as the referrers API lists it. */
export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType: string | null;
  readonly annotations: Annotations | null;
  /** The key of the body, if it is too long for a row; the annotations are in the body, then. */
  readonly longBody: string | null;
}

export interface ManifestStore {
  find(grant: Grant, reference: Reference): Promise<FoundManifest | Damaged | null>;
  /** Like {@link find}, for a pull: asks a read replica first, which may lag. */
  findToRead(grant: Grant, digest: Digest): Promise<FoundManifest | Damaged | null>;
  /** Like {@link find}, for looking: it does not save a marked manifest from retention. */
  look(grant: Grant, reference: Reference): Promise<FoundManifest | Damaged | null>;
  /** Returns the references that the repository lacks, or has in another size. Damaged content counts as missing. */
  check(grant: Grant, references: readonly ManifestReference[]): Promise<readonly ReferenceProblem[]>;
  /**
   * Keeps the manifest, unless it is there whole already, points the tags to it and writes the events: all or nothing.
   * Throws PRECONDITION_FAILED; MANIFEST_BLOB_UNKNOWN if content that it needs is missing (see {@link check});
   * SPACE_FULL, REPOSITORIES_FULL.
   */
  commit(grant: Grant, push: ManifestPush): Promise<CommittedManifest>;
  /**
   * Removes a tag, or a manifest with all tags that point to it, and writes the events. Throws PRECONDITION_FAILED if a
   * tag does not meet the condition.
   */
  delete(grant: Grant, reference: Reference, condition: WriteCondition | null): Promise<DeletionOutcome>;
  /**
   * Lists the referrers, ordered by digest. An unknown repository has none. A page may be shorter than asked for, if
   * manifests are long.
   */
  referrers(grant: Grant, subject: Digest, artifactType: string | null, page: PageRequest): Promise<Page<Referrer>>;
}

/**
 * This data centre's short memory of what the database confirmed, so that another read asks no store. Null: ask the
 * database.
 */
export interface ReadMemory {
  blob(grant: Grant, digest: Digest): Promise<StoredBlob | null>;
  manifest(grant: Grant, digest: Digest): Promise<StoredManifest | null>;
  /** Remembers, after the answer, that the grant holds and that its repository has this blob. */
  keepBlob(grant: Grant, blob: StoredBlob): void;
  /**
   * Like {@link keepBlob}, for a manifest and the blobs that come with it.
   * @param unlessKept called if the manifest was not remembered already.
   */
  keepManifest(grant: Grant, manifest: FoundManifest, unlessKept: () => void): void;
  /** Forgets deleted content here. Other data centres serve it until their memory of it expires. */
  forget(name: RepositoryName, digest: Digest): Promise<void>;
}

export interface PullTimes {
  /**
   * Notes, after the answer, that a manifest was pulled, and the tag that it was found by: each once a day, however
   * often this is called.
   */
  note(grant: Grant, manifest: FoundManifest): void;
}

/** A manifest that a client got. */
interface CountedPull {
  readonly name: RepositoryName;
  readonly tag: Tag | null;
  readonly digest: Digest;
  /** Bytes of the manifest. */
  readonly size: number;
  /** The client's name for itself, without its version; empty if it has none. */
  readonly client: string;
}

export interface PullCounts {
  /** Counts a pull, if counts are kept. Counting neither delays a pull nor makes it fail. */
  count(pull: CountedPull): void;
}

export interface TagStore {
  /** Lists the tags, ordered by bytes. Null: there is no such repository. */
  list(grant: Grant, page: PageRequest): Promise<Page<string> | null>;
}

export interface RepositoryStore {
  /** Lists the full names of the repositories that the grant covers, ordered by bytes. The cursor is a full name. */
  catalog(grant: CatalogGrant, page: PageRequest): Promise<Part<string>>;
  /** True if the grant's space stands for that registry. It confirms the grant first, so a stranger learns nothing. */
  standsFor(grant: Grant, host: string): Promise<boolean>;
  /** Looks repositories up for the token endpoint, in the order of the names, on a read replica, which may lag. */
  lookUp(names: readonly RepositoryName[]): Promise<readonly RepositoryFacts[]>;
}

export interface RepositoryFacts {
  readonly name: RepositoryName;
  /** Null: there is no repository of this name yet. */
  readonly repositoryId: number | null;
  readonly isPublic: boolean;
}

export interface CredentialStore {
  /** Finds the live credential with this hash. Notes its use, to the hour, after the answer. */
  findByHash(hash: string): Promise<Credential | null>;
  /** Like {@link findByHash}, by the credential's id. */
  findById(id: string): Promise<Credential | null>;
  /**
   * Like {@link findByHash}, for the token endpoint: asks a read replica, which may lag. The token's rights are
   * confirmed when it is used.
   */
  findByHashForToken(hash: string): Promise<Credential | null>;
  findByIdForToken(id: string): Promise<Credential | null>;
}

/** Everything that the registry's use cases work with. */
export interface Stores {
  readonly bytes: ByteStore;
  readonly blobs: BlobStore;
  readonly damage: DamageStore;
  readonly manifests: ManifestStore;
  readonly memory: ReadMemory;
  readonly tags: TagStore;
  readonly pullTimes: PullTimes;
  readonly pullCounts: PullCounts;
  readonly repositories: RepositoryStore;
  readonly uploads: UploadStore;
  readonly openUploads: OpenUploadStore;
  readonly credentials: CredentialStore;
}

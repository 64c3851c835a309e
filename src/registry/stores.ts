/**
 * The storage that the use cases need. Every method that touches a repository takes a {@link Grant} and confirms it
 * in the same round trip (`confirmGrant`): it throws what that throws where the grant no longer
 * holds. Null means absence; other exceptions are faults.
 *
 * Order of a push: bytes → one batch of rows (with the event) → answer. A crash between any two leaves bytes that
 * nothing points to, never a row that points to nothing.
 */
import type { Credential, Rights } from "../auth/credential.ts";
import type { Grant } from "../auth/grant.ts";
import type { CatalogGrant } from "../auth/space-grant.ts";
import type { SessionTerms } from "../auth/session-token.ts";
import type { Annotations } from "../oci/annotations.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest, ManifestReference } from "../oci/manifest.ts";
import type { RepositoryName } from "../oci/name.ts";
import type { Page, PageRequest, Part } from "../oci/page.ts";
import type { ByteRange, ChunkRange } from "../oci/range.ts";
import type { Reference, Tag } from "../oci/reference.ts";
import type { Damage, Damaged } from "./damage.ts";
import type { Usage } from "./usage.ts";
import type { WriteCondition } from "./write-condition.ts";

/** An object in R2, as the row that points to it has it. */
export interface KeptObject {
  /** The digest that its bytes must have. */
  readonly digest: Digest;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** Bytes in R2. Keys are opaque and fresh: none is ever written twice. */
export interface ByteStore {
  /** Stores the whole of `body` under `key` if its digest is `digest`, and nothing otherwise. A stream's length must be known. */
  put(key: string, body: ReadableStream | Uint8Array, digest: Digest): Promise<"stored" | "mismatch">;
  /** The object, or the given part of it; or what is wrong with it, as far as that shows without reading it. */
  get(object: KeptObject, range: ByteRange | null): Promise<ReadableStream | Damage>;
  exists(key: string): Promise<boolean>;
  /** An address at which anyone may read the object for some minutes; null: it is read by {@link get}. */
  addressOf(object: KeptObject): Promise<string | null>;
  /** Brings some objects, after the answer, to where they are likely to be asked for next. */
  warm(objects: readonly KeptObject[]): void;
  /** Drops an object that no row points to, after the answer. If that fails, collection finds it. */
  discard(key: string): void;
}

/** A blob's bytes and where they are. */
export type StoredBlob = KeptObject;

/** Reports of damage that pulls find. */
interface DamageStore {
  /** Has an object read again, after the answer; if it is damaged, its content is quarantined. */
  suspect(object: KeptObject): void;
}

/** The state that a push meets where it begins. */
interface PushFacts {
  readonly spaceId: number;
  /** Null: it does not exist yet. */
  readonly repositoryId: number | null;
  /** True if the session that was named is open now; it is not where the space is full or the credential has too many. */
  readonly opened: boolean;
  /** True if anything that the repository links is quarantined. */
  readonly hasDamage: boolean;
  readonly usage: Usage;
}

interface Holders {
  readonly names: readonly RepositoryName[];
  readonly rights: Rights | null;
}

/** Why a deletion did not happen: others still need the thing. */
export type DeletionOutcome = "deleted" | "absent" | "referenced";

/** The result of a link. */
interface LinkedBlob {
  readonly key: string | null;
  /** True if the bytes have taken the place of damaged ones. */
  readonly mends: boolean;
  readonly usage: Usage;
}

/** The result of a manifest's push. */
interface CommittedManifest {
  /** Null when the space has gone. */
  readonly kept: StoredManifest | null;
  /** True if it has taken the place of a damaged one. */
  readonly mends: boolean;
  readonly usage: Usage;
}

export interface BlobStore {
  /** The blob, if the grant's repository links it. */
  find(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null>;
  /** Like {@link find}, for a pull: from a read replica, which may lag, if that has it. */
  findToRead(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null>;
  /** Like {@link find}, for looking: it keeps nothing from collection that is marked for it. */
  look(grant: Grant, digest: Digest): Promise<StoredBlob | Damaged | null>;
  /** Confirms the grant, opens the session with this id, if any, and tells what a client that begins an upload should know. */
  confirm(grant: Grant, session: string | null): Promise<PushFacts>;
  /**
   * Makes the bytes known under their digest, unless they are already, and links them in the repository, which
   * is made if need be: all or nothing. They take the place of damaged ones. The key is the one that won; null when the
   * bytes were collected meanwhile, or are the damaged ones. Throws SPACE_FULL, REPOSITORIES_FULL.
   * @param session the upload that ends with this; null: it was never open.
   */
  link(grant: Grant, blob: StoredBlob, session: string | null): Promise<LinkedBlob>;
  /** True if the source has the blob, and may be read still. Confirms the target's grant, not the source's. */
  canMount(target: Grant, source: Grant, digest: Digest): Promise<boolean>;
  /** The repositories of the grant's own space that link the blob, at most `limit`; and what the grant's credential permits. */
  holders(grant: Grant, digest: Digest, limit: number): Promise<Holders>;
  /** Links a blob that the source has whole. False when it has lost it meanwhile. Throws SPACE_FULL, REPOSITORIES_FULL. */
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

/** A manifest as a reference led to it. */
export interface FoundManifest extends StoredManifest {
  /** The tag that it was found by; null: its digest. */
  readonly tag: Tag | null;
  /** True if a pull of it, or of the tag, was last noted so long ago that this one is to be noted. */
  readonly pullIsDue: boolean;
  /** Some of the blobs that it needs, as the repository has them. */
  readonly blobs: readonly StoredBlob[];
}

/** A manifest to be kept, with the tags that shall point to it. */
export interface ManifestPush {
  readonly stored: StoredManifest;
  readonly manifest: Manifest;
  readonly tags: readonly Tag[];
  /** The condition on each of the tags, or on the manifest where there are none; null: it is pushed whatever is there. */
  readonly condition: WriteCondition | null;
}

/** Something that a manifest needs and the repository lacks, or has in another size. */
export interface ReferenceProblem {
  readonly digest: Digest;
  /** Bytes; null when it is missing altogether. */
  readonly actualSize: number | null;
}

/** A manifest that refers to a subject, as the referrers API lists it. */
export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType: string | null;
  readonly annotations: Annotations | null;
  /** The key of a body too long for a row: the annotations are in there, then. */
  readonly longBody: string | null;
}

export interface ManifestStore {
  find(grant: Grant, reference: Reference): Promise<FoundManifest | Damaged | null>;
  /** Like {@link find}, for a pull: from a read replica, which may lag, if that has it. */
  findToRead(grant: Grant, digest: Digest): Promise<FoundManifest | Damaged | null>;
  /** Like {@link find}, for looking: it keeps nothing that retention has marked. */
  look(grant: Grant, reference: Reference): Promise<FoundManifest | Damaged | null>;
  /** The references that the repository lacks, or has in another size. Damaged content counts as lacking. */
  check(grant: Grant, references: readonly ManifestReference[]): Promise<readonly ReferenceProblem[]>;
  /**
   * Keeps the manifest, unless it is there already and whole, points the tags to it and writes the events, all or nothing.
   * Throws PRECONDITION_FAILED; MANIFEST_BLOB_UNKNOWN where something that it needs is lacking (see {@link check}); SPACE_FULL, REPOSITORIES_FULL.
   */
  commit(grant: Grant, push: ManifestPush): Promise<CommittedManifest>;
  /** Removes a tag, or a manifest with all tags that point to it; with the events. Throws PRECONDITION_FAILED for a tag that is not as the condition wants it. */
  delete(grant: Grant, reference: Reference, condition: WriteCondition | null): Promise<DeletionOutcome>;
  /** Ordered by digest. An unknown repository has none. A page may be shorter than asked for, where manifests are long. */
  referrers(grant: Grant, subject: Digest, artifactType: string | null, page: PageRequest): Promise<Page<Referrer>>;
}

/**
 * This data centre's short memory of what the database confirmed, so that another read asks no store.
 * Null: it must be asked.
 */
export interface ReadMemory {
  blob(grant: Grant, digest: Digest): Promise<StoredBlob | null>;
  manifest(grant: Grant, digest: Digest): Promise<StoredManifest | null>;
  /** After the answer: that the grant holds, and that its repository has this. */
  keepBlob(grant: Grant, blob: StoredBlob): void;
  /**
   * Like {@link keepBlob}, for a manifest and the blobs that come with it.
   * @param unlessKept called where that was not remembered already.
   */
  keepManifest(grant: Grant, manifest: FoundManifest, unlessKept: () => void): void;
  /** Forgets deleted content here; elsewhere it is read until its time is over. */
  forget(name: RepositoryName, digest: Digest): Promise<void>;
}

export interface PullTimes {
  /** Notes, after the answer, that a manifest was pulled, and the tag it was found by: once a day each, however often it is called. */
  note(grant: Grant, manifest: FoundManifest): void;
}

/** A manifest that a client got. */
interface CountedPull {
  readonly name: RepositoryName;
  readonly tag: Tag | null;
  readonly digest: Digest;
  /** Bytes of the manifest. */
  readonly size: number;
  /** The client's name for itself, without its version; empty where it has none. */
  readonly client: string;
}

export interface PullCounts {
  /** Counts a pull where counts are kept. Neither delays nor fails it. */
  count(pull: CountedPull): void;
}

export interface TagStore {
  /** Ordered by bytes. Null when there is no such repository. */
  list(grant: Grant, page: PageRequest): Promise<Page<string> | null>;
}

export interface RepositoryStore {
  /** Full names, ordered by bytes: those that the grant covers. The cursor is a full name. */
  catalog(grant: CatalogGrant, page: PageRequest): Promise<Part<string>>;
  /** True if the grant's space stands for that registry. Confirms the grant: it tells strangers nothing. */
  standsFor(grant: Grant, host: string): Promise<boolean>;
  /** Looks repositories up for the token endpoint, in the order of the names; from a read replica, which may lag. */
  lookUp(names: readonly RepositoryName[]): Promise<readonly RepositoryFacts[]>;
}

export interface RepositoryFacts {
  readonly name: RepositoryName;
  /** Null when there is none of the name yet. */
  readonly repositoryId: number | null;
  readonly isPublic: boolean;
}

/** The result of a chunk. `offset` is the number of bytes that the session holds, whatever happened. */
export type ChunkOutcome =
  | { readonly ok: true; readonly offset: number }
  | { readonly ok: false; readonly reason: UploadFailure; readonly offset: number };

/**
 * `unknown`: the session has ended. `order`: the chunk starts elsewhere, or another is being received.
 * `size`: more or fewer bytes than announced. `broken`: the body ended early. `too-large`: beyond any object's limit.
 * `digest`: the content has another digest.
 */
export type UploadFailure = "unknown" | "order" | "size" | "broken" | "too-large" | "digest";

export type FinishOutcome =
  | { readonly ok: true; readonly key: string; readonly size: number; readonly replayed: boolean }
  | { readonly ok: false; readonly reason: UploadFailure; readonly offset: number };

/** Upload sessions that have received bytes: offset, parts, tail and running digest. One writer at a time. */
export interface UploadStore {
  append(terms: SessionTerms, body: ReadableStream | null, range: ChunkRange | null): Promise<ChunkOutcome>;
  /** Appends what the body holds, checks the digest and makes the bytes one object. May be repeated after a lost answer. */
  finish(
    terms: SessionTerms,
    body: ReadableStream | null,
    range: ChunkRange | null,
    digest: Digest,
  ): Promise<FinishOutcome>;
  /** True if the session is still untouched; if so it is taken for a whole upload past the session, until released. */
  claim(terms: SessionTerms): Promise<"empty" | "begun" | "unknown">;
  release(terms: SessionTerms): Promise<void>;
  /** The number of bytes held; null when the session has ended. */
  status(terms: SessionTerms): Promise<number | null>;
  /** False when it had ended before. */
  cancel(terms: SessionTerms): Promise<boolean>;
}

/** Uploads that are open, as the database knows them: which credential has them, and how many bytes they hold of what their space may have. */
export interface OpenUploadStore {
  /**
   * Confirms that a session may go on, and notes the bytes that it will hold; null: it does not say. Throws SPACE_FULL and, where
   * it was not known as open any more and the credential has too many others, UPLOADS_FULL.
   */
  confirm(grant: Grant, session: string, bytes: number | null): Promise<void>;
  /** Forgets a session that has ended. */
  close(grant: Grant, session: string): Promise<void>;
}

export interface CredentialStore {
  /** The live credential with this hash; notes its use, to the hour, after the answer. */
  findByHash(hash: string): Promise<Credential | null>;
  /** Like {@link findByHash}, by the credential's id. */
  findById(id: string): Promise<Credential | null>;
  /**
   * Like the above, for the token endpoint: from a read replica, which may lag. What the token is for is confirmed when it is used.
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

import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { RegistryError } from "../../oci/errors.ts";
import { type Manifest, parseManifest } from "../../oci/manifest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { wrongDescriptor } from "../client/wrong-descriptor.ts";
import { CliError } from "../exit.ts";
import { childrenOf, isIndex } from "../sources/platform.ts";
import type { Source } from "../sources/source.ts";

/** A blob that a manifest needs. */
export type PlannedBlob = Pick<Descriptor, "digest" | "size">;

export interface PlannedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly subject: Digest | null;
}

/** Everything that a push brings, each item once. */
export interface Plan {
  readonly blobs: readonly PlannedBlob[];
  /** The manifests, children before their index, so that an index never lacks its children; without the root. */
  readonly manifests: readonly PlannedManifest[];
  readonly root: PlannedManifest;
  /** Manifests that an index lists and the source lacks; the registry must have them. */
  readonly absent: readonly Descriptor[];
}

interface Draft {
  readonly source: Source;
  readonly seen: Set<Digest>;
  readonly blobs: Map<Digest, PlannedBlob>;
  readonly manifests: PlannedManifest[];
  readonly absent: Descriptor[];
}

/** Reads all manifests from the root down, and all whose subject is one of them. */
export async function planPush(source: Source): Promise<Plan> {
  const draft: Draft = { source, seen: new Set(), blobs: new Map(), manifests: [], absent: [] };
  await visit(draft, source.root);
  const root = draft.manifests.pop();
  if (root === undefined) throw new CliError("invalid", `${source.name} lacks the manifest ${source.root.digest}`);
  await visitReferrers(draft, source.others);
  return { blobs: [...draft.blobs.values()], manifests: draft.manifests, root, absent: draft.absent };
}

async function visit(draft: Draft, descriptor: Descriptor): Promise<void> {
  const { source, seen } = draft;
  if (seen.has(descriptor.digest)) return;
  seen.add(descriptor.digest);
  const bytes = await source.manifest(descriptor);
  if (bytes === null) {
    draft.absent.push(descriptor);
    return;
  }
  const { mediaType, subject, references } = parse(source, descriptor, bytes);
  if (isIndex(descriptor)) {
    for (const child of childrenOf(bytes, nameOf(source, descriptor))) {
      // Build caches list blobs in an index.
      if (isManifestType(child.mediaType)) await visit(draft, child);
      else addBlob(draft, child);
    }
  } else {
    for (const reference of references) addBlob(draft, reference);
  }
  draft.manifests.push({ digest: descriptor.digest, mediaType, bytes, subject });
}

/** Visits manifests whose subject was visited, until there are no more: a signature may itself be signed. */
async function visitReferrers(draft: Draft, others: readonly Descriptor[]): Promise<void> {
  for (let before = -1; before !== draft.seen.size;) {
    before = draft.seen.size;
    for (const other of others.filter(({ digest }) => !draft.seen.has(digest))) {
      const bytes = await draft.source.manifest(other);
      const subject = bytes === null ? null : parse(draft.source, other, bytes).subject;
      if (subject !== null && draft.seen.has(subject)) await visit(draft, other);
    }
  }
}

function addBlob({ source, blobs }: Draft, { digest, size }: PlannedBlob): void {
  const known = blobs.get(digest);
  if (known !== undefined && known.size !== size) {
    throw new CliError("invalid", `${source.name}: two manifests give ${digest} different sizes`);
  }
  blobs.set(digest, { digest, size });
}

function parse(source: Source, descriptor: Descriptor, bytes: Buffer): Manifest {
  if (bytes.length !== descriptor.size) {
    throw wrongDescriptor(source.name, { ...descriptor, actual: bytes.length });
  }
  try {
    return parseManifest(bytes, descriptor.mediaType);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new CliError("invalid", `${nameOf(source, descriptor)}: ${cause.message}`, { cause });
  }
}

function nameOf({ name }: Source, { digest }: Descriptor): string {
  return `${name}: the manifest ${digest}`;
}

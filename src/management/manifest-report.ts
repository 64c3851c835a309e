import { z } from "zod";
import type { Grant } from "../auth/grant.ts";
import type { Annotations } from "../oci/annotations.ts";
import { JsonLimitError, parseBoundedJson } from "../oci/bounded-json.ts";
import { optionalDescriptorSchema } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/errors.ts";
import { parseManifest } from "../oci/manifest.ts";
import { parseReference, type Reference } from "../oci/reference.ts";
import { type Damage, type Damaged, DAMAGES } from "../registry/damage.ts";
import { readManifest } from "../registry/pull.ts";
import type { StoredManifest, Stores } from "../registry/stores.ts";

/** Something that a manifest needs, as the repository has it. */
export interface NeededContent {
  readonly digest: Digest;
  /** Null: the repository has none of it. */
  readonly kind: "blob" | "manifest" | null;
  /** Bytes of the thing itself. */
  readonly size: number | null;
  /** Of a manifest: bytes of all that it needs. Null: it is none. */
  readonly contentSize: number | null;
  readonly damage: Damage | null;
  /** Some other tags whose content needs it too. */
  readonly sharedWith: readonly string[];
}

/** A manifest that needs another. */
interface Parent {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Some of the tags on it. */
  readonly tags: readonly string[];
}

/** A manifest with statements about an image of its index, as buildx writes it: SBOM and provenance. */
interface BuilderAttestation {
  readonly digest: Digest;
  /** The digest of the image. As the builder wrote it: it may lead nowhere. */
  readonly subject: string;
  /** The image's; null where the index names none. */
  readonly platform: string | null;
  /** What the statements are, as `https://slsa.dev/provenance/v1`; empty where the manifest does not say. */
  readonly predicateTypes: readonly string[];
}

/** A manifest and what is around it, as the database has it. Times are milliseconds since the epoch. */
export interface ManifestReport {
  readonly stored: StoredManifest;
  readonly damage: Damage | null;
  readonly artifactType: string | null;
  readonly subject: Digest | null;
  /** Null also where the body is too long for a row: they are in there, then. */
  readonly annotations: Annotations | null;
  readonly platforms: readonly string[];
  /** Bytes of the manifest and of all that it needs; what several platforms share counts for each. */
  readonly contentSize: number;
  /** The first hundred of the tags on it. */
  readonly tags: readonly string[];
  readonly hasMoreTags: boolean;
  /** Fifty at most. */
  readonly usedBy: readonly Parent[];
  /** What cosign and others attach by a tag that is made of the digest. */
  readonly attached: readonly { readonly tag: string; readonly digest: Digest }[];
  /** What a builder attached in the index that this is, or in one that it belongs to: a hundred at most. */
  readonly attestations: readonly BuilderAttestation[];
  /** A thousand at most, in no order: the manifest itself has that. */
  readonly needs: readonly NeededContent[];
  readonly pushedAt: number;
  /** To the day; null when it was not pulled since it was made. */
  readonly pulledAt: number | null;
}

export interface ManifestReports {
  /** Null when there is none. To look at it is no pull, and saves nothing from collection. */
  find(grant: Grant, reference: Reference): Promise<ManifestReport | null>;
}

/** More is not for showing: 4 MiB. */
const MAX_TEXT = 4 * 1024 * 1024;

/** Why content is not shown. */
export const OMISSIONS = ["too-large", "too-deep", "not-text", "absent", ...DAMAGES] as const;

type Omission = (typeof OMISSIONS)[number];

/** A blob's text, or why there is none. */
export interface BlobText {
  readonly size: number | null;
  readonly text: string | null;
  readonly omitted: Omission | null;
}

interface ShownConfig {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  /** The parsed text. Untrusted: whatever the pusher wrote. */
  readonly json: unknown;
  readonly omitted: Omission | null;
}

export interface ShownManifest extends ManifestReport {
  /** The exact text; null where it is damaged. */
  readonly raw: string | null;
  readonly config: ShownConfig | null;
}

/** The manifest of a tag or digest, with its text and its config. Throws MANIFEST_UNKNOWN; not for a damaged one, which is shown as such. */
export async function showManifest(
  stores: Stores,
  reports: ManifestReports,
  grant: Grant,
  referenceText: string,
): Promise<ShownManifest> {
  const reference = parseReference(referenceText);
  const report = reference && (await reports.find(grant, reference));
  if (report === null) {
    throw new RegistryError("MANIFEST_UNKNOWN", { detail: { reference: referenceText.slice(0, 256) } });
  }
  const text = report.damage === null ? await textOf(stores, grant, report.stored) : report.damage;
  if (typeof text !== "object") return { ...report, damage: text, raw: null, config: null };
  const annotations = report.annotations ?? annotationsOf(text.raw, report.stored.mediaType);
  return { ...report, annotations, raw: text.raw, config: await showConfig(stores, grant, text.raw) };
}

/** The blob's text where it is short and UTF-8. An absent blob is told as such, since a manifest may name it. Throws DIGEST_INVALID. */
export async function readBlobText(stores: Stores, grant: Grant, digest: Digest): Promise<BlobText> {
  const blob = await stores.blobs.look(grant, digest);
  if (blob === null) return { size: null, text: null, omitted: "absent" };
  if ("damage" in blob) return { size: null, text: null, omitted: blob.damage };
  const { size } = blob;
  if (size > MAX_TEXT) return { size, text: null, omitted: "too-large" };
  const body = await stores.bytes.get(blob, null);
  if (typeof body === "string") {
    stores.damage.suspect(blob);
    return { size, text: null, omitted: body };
  }
  const text = decode(await new Response(body).bytes());
  return { size, text, omitted: text === null ? "not-text" : null };
}

async function textOf(
  stores: Stores,
  grant: Grant,
  stored: StoredManifest,
): Promise<{ readonly raw: string } | Damage> {
  try {
    const content = await readManifest(stores, grant, stored);
    return { raw: typeof content === "string" ? content : new TextDecoder().decode(content) };
  } catch (error) {
    const damage = error instanceof RegistryError ? damageIn(error) : null;
    if (damage === null) throw error;
    return damage;
  }
}

const damageDetail = z.object({ damage: z.enum(DAMAGES) }) satisfies z.ZodType<Pick<Damaged, "damage">>;

function damageIn({ detail }: RegistryError): Damage | null {
  return damageDetail.safeParse(detail).data?.damage ?? null;
}

function annotationsOf(raw: string, mediaType: string): Annotations | null {
  try {
    return parseManifest(new TextEncoder().encode(raw), mediaType).annotations;
  } catch {
    // It was taken by an earlier version's rules.
    return null;
  }
}

const withConfig = z.looseObject({ config: optionalDescriptorSchema });

async function showConfig(stores: Stores, grant: Grant, raw: string): Promise<ShownConfig | null> {
  const config = withConfig.safeParse(readJson(raw).json).data?.config;
  const digest = config && parseDigest(config.digest);
  if (!config || !digest) return null;
  const { mediaType, size } = config;
  const { text, omitted } = await readBlobText(stores, grant, digest);
  const shown = text === null ? { json: null, omitted } : readJson(text);
  return { mediaType, digest, size, ...shown };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

/** What a text holds; or null, and why that is not shown: it could be taken, but not be given back. */
function readJson(text: string): { readonly json: unknown; readonly omitted: Omission | null } {
  try {
    return { json: parseBoundedJson(text), omitted: null };
  } catch (fault) {
    return { json: null, omitted: fault instanceof JsonLimitError ? "too-deep" : "not-text" };
  }
}

import * as z from "zod";
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

/** Content that a manifest needs, as the repository has it. */
export interface NeededContent {
  readonly digest: Digest;
  /** Null: the repository does not have it. */
  readonly kind: "blob" | "manifest" | null;
  /** Bytes of the content itself. */
  readonly size: number | null;
  /** Bytes of all that the manifest needs; null: the content is no manifest. */
  readonly contentSize: number | null;
  readonly damage: Damage | null;
  /** Some other tags whose content needs it too. */
  readonly sharedWith: readonly string[];
}

/** A manifest that needs another one. */
interface Parent {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Some of the tags that point to it. */
  readonly tags: readonly string[];
}

/** A manifest with statements about an image of its index, as buildx writes it: SBOM and provenance. */
interface BuilderAttestation {
  readonly digest: Digest;
  /** The digest of the image, as the builder wrote it; it may lead nowhere. */
  readonly subject: string;
  /** The platform of the image; null: the index names none. */
  readonly platform: string | null;
  /** Types of the statements, like `https://slsa.dev/provenance/v1`; empty if the manifest names none. */
  readonly predicateTypes: readonly string[];
}

/** A manifest and its context, as the database has them. Times are milliseconds since the epoch. */
export interface ManifestReport {
  readonly stored: StoredManifest;
  readonly damage: Damage | null;
  readonly artifactType: string | null;
  readonly subject: Digest | null;
  /** Null if there are none, and if the body is too long for a row: the annotations are in the body, then. */
  readonly annotations: Annotations | null;
  readonly platforms: readonly string[];
  /** Bytes of the manifest and of all that it needs. Content that several platforms share counts for each. */
  readonly contentSize: number;
  /** The first hundred of the tags that point to it. */
  readonly tags: readonly string[];
  readonly hasMoreTags: boolean;
  /** Manifests that need it, fifty at most. */
  readonly usedBy: readonly Parent[];
  /** Manifests that cosign and others attach by a tag made of the digest. */
  readonly attached: readonly { readonly tag: string; readonly digest: Digest }[];
  /**
   * Attestations that a builder attached in this index, or in an index that this manifest belongs to: a hundred at
   * most.
   */
  readonly attestations: readonly BuilderAttestation[];
  /** A thousand at most, in no order; the manifest itself has their order. */
  readonly needs: readonly NeededContent[];
  readonly pushedAt: number;
  /** The day of the last pull; null: not pulled since it was made. */
  readonly pulledAt: number | null;
}

export interface ManifestReports {
  /** Finds a manifest's report; null: there is none. To look at it is no pull, and saves nothing from collection. */
  find(grant: Grant, reference: Reference): Promise<ManifestReport | null>;
}

/** The most bytes of text to show: 4 MiB. */
const MAX_TEXT = 4 * 1024 * 1024;

/** Reasons for which content is not shown. */
export const OMISSIONS = ["too-large", "too-deep", "not-text", "absent", ...DAMAGES] as const;

type Omission = (typeof OMISSIONS)[number];

/** A blob's text, or the reason why it is not shown. */
export interface BlobText {
  readonly size: number | null;
  readonly text: string | null;
  readonly omitted: Omission | null;
}

interface ShownConfig {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  /** The parsed text. It is untrusted: the pusher may write anything. */
  readonly json: unknown;
  readonly omitted: Omission | null;
}

export interface ShownManifest extends ManifestReport {
  /** The exact text; null: the manifest is damaged. */
  readonly raw: string | null;
  readonly config: ShownConfig | null;
}

/**
 * Finds the manifest of a tag or digest, with its text and its config. A damaged manifest is shown as damaged. Throws
 * MANIFEST_UNKNOWN.
 */
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

/** Reads the blob's text if it is short and UTF-8. An absent blob is no error, since a manifest may name one. */
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
    // An earlier version accepted the manifest by other rules.
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

/**
 * Parses a text. If it cannot be shown, returns null and the reason: the registry accepts deeper JSON than it can give
 * back.
 */
function readJson(text: string): { readonly json: unknown; readonly omitted: Omission | null } {
  try {
    return { json: parseBoundedJson(text), omitted: null };
  } catch (fault) {
    return { json: null, omitted: fault instanceof JsonLimitError ? "too-deep" : "not-text" };
  }
}

import * as z from "zod";
import { annotationsSchema } from "../../oci/annotations.ts";
import { digestAlgorithm } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { Connection } from "../client/connection.ts";
import type { RemoteReferrer } from "../client/lists.ts";
import { headManifest, putManifest } from "../client/manifests.ts";
import { addToReferrersTag } from "../client/referrers-tag.ts";
import { CliError } from "../exit.ts";
import type { Plan, PlannedManifest } from "./plan.ts";

interface ManifestTarget {
  readonly connection: Connection;
  readonly name: string;
  /** The tags to set; none: only the root's digest names it. */
  readonly tags: readonly Tag[];
}

/** Stores the manifests: children first, and the tags at the very end, when everything that they stand for is there. */
export async function putManifests(target: ManifestTarget, plan: Plan): Promise<void> {
  for (const manifest of plan.manifests) await put(target, manifest, manifest.digest);
  for (const reference of rootReferences(target, plan)) await put(target, plan.root, reference);
}

/**
 * Stores a manifest. A registry with a list of referrers confirms the subject in its answer; for any other, a tag lists
 * the referrer.
 */
async function put({ connection, name }: ManifestTarget, manifest: PlannedManifest, reference: string): Promise<void> {
  const { subject } = await putManifest(connection, name, reference, manifest);
  if (manifest.subject === null || subject !== null) return;
  await addToReferrersTag(connection, name, manifest.subject, [referrerOf(manifest)]);
}

const described = z.looseObject({
  artifactType: z.string().nullish(),
  config: z.looseObject({ mediaType: z.string() }).nullish(),
  annotations: annotationsSchema.nullish(),
});

/** Describes the manifest as a list of referrers does (distribution spec, "Listing Referrers"). */
function referrerOf({ bytes, mediaType, digest }: PlannedManifest): RemoteReferrer {
  const { artifactType, config, annotations } = described.parse(JSON.parse(bytes.toString("utf8")));
  const type = artifactType ?? config?.mediaType;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(type !== undefined && { artifactType: type }),
    ...(annotations && { annotations }),
  };
}

/**
 * Returns the references for the root. A manifest stored by tag alone gets a sha256 digest, so any other digest has to
 * be named.
 */
function rootReferences({ tags }: ManifestTarget, { root }: Plan): readonly string[] {
  const isNamed = tags.length === 0 || digestAlgorithm(root.digest) !== "sha256";
  return isNamed ? [root.digest, ...tags] : tags;
}

/** Throws an `invalid` CliError if neither the source nor the registry has a manifest that an index lists. */
export async function requireAbsent(
  { connection, name }: Pick<ManifestTarget, "connection" | "name">,
  plan: Plan,
  sourceName: string,
): Promise<void> {
  for (const { digest } of plan.absent) {
    if ((await headManifest(connection, name, digest)) !== null) continue;
    throw new CliError("invalid", `${sourceName} lacks the manifest ${digest}, which its index lists`, {
      hint: "To push one that is there, add --platform <platform>.",
    });
  }
}

import { z } from "zod";
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
  /** None: the root gets no name but its digest. */
  readonly tags: readonly Tag[];
}

/**
 * Stores the manifests: what others need comes before them, and the tags at the very end, when all that they stand for
 * is there.
 */
export async function putManifests(target: ManifestTarget, plan: Plan): Promise<void> {
  for (const manifest of plan.manifests) await put(target, manifest, manifest.digest);
  for (const reference of rootReferences(target, plan)) await put(target, plan.root, reference);
}

/** A registry that lists what refers to a manifest says so as it takes it; another one is told by a tag. */
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

/** As a list of referrers has it (distribution spec, "Listing Referrers"). */
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

/** What comes under a tag alone is known by its sha256 digest; any other has to be named. */
function rootReferences({ tags }: ManifestTarget, { root }: Plan): readonly string[] {
  const isNamed = tags.length === 0 || digestAlgorithm(root.digest) !== "sha256";
  return isNamed ? [root.digest, ...tags] : tags;
}

/** Throws an `invalid` CliError where neither source nor registry has what an index lists. */
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

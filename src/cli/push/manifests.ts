import { digestAlgorithm } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { Connection } from "../client/connection.ts";
import { headManifest, putManifest } from "../client/manifests.ts";
import { CliError } from "../exit.ts";
import type { Plan, PlannedManifest } from "./plan.ts";

interface ManifestTarget {
  readonly connection: Connection;
  readonly name: string;
  /** None: the root gets no name but its digest. */
  readonly tags: readonly Tag[];
  readonly warn: (text: string) => void;
}

/**
 * Stores the manifests: what others need comes before them, and the tags at the very end, when all that they stand for
 * is there.
 */
export async function putManifests(target: ManifestTarget, plan: Plan): Promise<void> {
  let isUnlisted = false;
  const put = async (manifest: PlannedManifest, reference: string): Promise<void> => {
    const { subject } = await putManifest(target.connection, target.name, reference, manifest);
    isUnlisted ||= manifest.subject !== null && subject === null;
  };
  for (const manifest of plan.manifests) await put(manifest, manifest.digest);
  for (const reference of rootReferences(target, plan)) await put(plan.root, reference);
  if (isUnlisted) {
    target.warn(
      `${target.connection.registry.host} does not list referrers: signatures are there, but not to be found`,
    );
  }
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
      hint: "--platform <platform> pushes one of those that are there.",
    });
  }
}

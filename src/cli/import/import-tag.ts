import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { getManifest, headManifest, putManifest } from "../client/manifests.ts";
import { CliError } from "../exit.ts";
import { copyCompanions, type TagToSet } from "./companions.ts";
import { type Copying, copyTree } from "./copy-tree.ts";
import type { Import, Side } from "./import.ts";
import { type Pick, pickPlatforms } from "./platforms.ts";
import { makeQueue } from "./queue.ts";
import { findRoot } from "./read-manifest.ts";

/** The outcome for a tag; with --dry-run, the expected outcome. `stored`: by digest, without a tag. */
type TagOutcome = "created" | "updated" | "unchanged" | "stored";

export interface ImportedTag {
  readonly tag: Tag | null;
  readonly digest: Digest;
  readonly outcome: TagOutcome;
}

/**
 * Imports a tag or digest of the source: first its content, then its referrers, and only then the tag. If anything
 * fails before that, no tag of the destination has changed.
 */
export async function importTag(run: Import, reference: string, tag: Tag | null): Promise<readonly ImportedTag[]> {
  const root = await findRoot(run.source, reference);
  if (root === null) throw missing(run.source, reference);
  const imported: ImportedTag[] = [];
  for (const pick of await pickPlatforms(run, root, tag)) imported.push(await importPick(run, pick));
  return imported;
}

async function importPick(run: Import, pick: Pick): Promise<ImportedTag> {
  const progress = run.output.progress();
  const copying: Copying = { run, queue: makeQueue(run.options.jobs), progress, held: 0, roots: new Map() };
  try {
    const tree = await copyTree(copying, pick);
    if (tree === null) throw missing(run.source, pick.digest);
    const companions = run.options.referrers ? await copyCompanions(copying, tree) : [];
    for (const companion of companions) await setTag(copying, companion);
    const { tag } = pick;
    const outcome = tag === null ? "stored" : await setTag(copying, { ...pick, tag });
    return { tag, digest: pick.digest, outcome };
  } finally {
    progress.close();
  }
}

/** Sets a tag to a manifest that the destination has. */
async function setTag({ run, roots }: Copying, { tag, digest }: TagToSet): Promise<TagOutcome> {
  const { connection, name } = run.destination;
  const before = await headManifest(connection, name, tag);
  if (before?.digest === digest) return "unchanged";
  if (!run.options.dryRun) {
    const manifest = roots.get(digest) ?? (await getManifest(connection, name, digest));
    if (manifest === null) throw new CliError("failure", `${connection.registry.host} lost the manifest ${digest}`);
    await putManifest(connection, name, tag, manifest);
  }
  return before === null ? "created" : "updated";
}

function missing({ connection, name }: Side, reference: string): CliError {
  return new CliError("not-found", `${connection.registry.host}: ${name} has no ${reference}`, {
    hint: "Check the spelling. If it is private, log in first: docker login, or spacedock login.",
  });
}

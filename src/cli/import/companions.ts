import { type Digest } from "../../oci/digest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { parseTag, type Tag } from "../../oci/reference.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { listReferrers, listTaggedReferrers, type RemoteReferrer } from "../client/lists.ts";
import { CliError } from "../exit.ts";
import { type Copying, copyTree } from "./copy-tree.ts";
import type { Import } from "./import.ts";
import { once, settleAll } from "./queue.ts";
import { findRoot, type Root } from "./read-manifest.ts";
import { noteReferrers } from "./referrers-tag.ts";

/** The deepest chain of referrers that is followed. The signature of an SBOM's signature is three deep. */
const MAX_DEPTH = 8;

/** The most referrers of one manifest. With more, the source's list does not end. */
const MAX_COMPANIONS = 10_000;

/** The suffixes of cosign's tags, which are named after an image's digest. */
const COSIGN_SUFFIXES = [".sig", ".att", ".sbom"] as const;

/** A tag to set once its content is there. */
export interface TagToSet extends Root {
  readonly tag: Tag;
}

/** The source's referrers of a manifest, and its tags named after that manifest. */
export interface Companions {
  readonly subject: Digest;
  readonly referrers: readonly RemoteReferrer[];
  readonly tagged: readonly TagToSet[];
}

/**
 * Copies the referrers of these manifests, and the referrers' own referrers, each after its subject. Returns the tags
 * to set in the end, in that order. A manifest that was seen is not visited again, so a cycle always ends.
 */
export async function copyCompanions(copying: Copying, subjects: readonly Digest[]): Promise<readonly TagToSet[]> {
  const seen = new Set(subjects);
  const tags: TagToSet[] = [];
  let frontier = subjects;
  for (let depth = 0; frontier.length > 0; depth++) {
    const found = await settleAll(frontier.map((subject) => companionsOnce(copying, subject)));
    const manifests = found.flatMap(({ referrers, tagged }) => [...referrers, ...tagged]);
    if (depth === MAX_DEPTH && manifests.length > 0) {
      copying.run.output.warn("referrers are nested too deeply; the deepest are not copied");
      for (const { digest } of manifests) copying.run.leftBehind.add(digest);
      break;
    }
    const fresh = unique(manifests.filter(({ digest }) => !seen.has(digest)));
    const trees = await settleAll(fresh.map((root) => copyCompanion(copying, root)));
    const copied = new Set([...seen, ...trees.flat()]);
    await settleAll(found.map((one) => copying.queue(() => noteCopied(copying.run, one, copied))));
    tags.unshift(...found.flatMap(({ tagged }) => tagged.filter(({ digest }) => copied.has(digest))));
    frontier = [...copied].filter((digest) => !seen.has(digest));
    for (const digest of frontier) seen.add(digest);
  }
  return tags;
}

function companionsOnce({ run, queue }: Copying, subject: Digest): Promise<Companions> {
  return once(run.companions, subject, () => queue(() => companionsOf(run, subject)));
}

async function companionsOf(run: Import, subject: Digest): Promise<Companions> {
  const { connection, name } = run.source;
  const referrers: RemoteReferrer[] = [];
  for await (const referrer of listReferrers(connection, name, subject)) {
    referrers.push(referrer);
    if (referrers.length > MAX_COMPANIONS) {
      throw new CliError("invalid", `${subject} has more than ${MAX_COMPANIONS} referrers`, {
        hint: "To import it without them, add --no-referrers.",
      });
    }
  }
  const base = referrersTag(subject);
  // A registry that gained a list of referrers later may not have added the tag's entries to it.
  const older = (await findTag(run, base)) === null ? [] : await listTaggedReferrers(connection, name, subject);
  const tagged: TagToSet[] = [];
  for (const suffix of COSIGN_SUFFIXES) {
    const found = await findTag(run, base + suffix);
    if (found !== null) tagged.push(found);
  }
  return { subject, referrers: unique([...referrers, ...older]), tagged };
}

async function findTag({ source, sourceTags }: Import, text: string): Promise<TagToSet | null> {
  const tag = parseTag(text);
  if (tag === null || (sourceTags !== null && !sourceTags.has(tag))) return null;
  const root = await findRoot(source, tag);
  return root === null ? null : { ...root, tag };
}

/**
 * Copies a referrer and returns its manifests. A list may name referrers that are gone, which is no failure. A referrer
 * of a kind that registries no longer take is skipped, and reported in the end.
 */
async function copyCompanion(copying: Copying, root: Root): Promise<readonly Digest[]> {
  const { run } = copying;
  const tree = isManifestType(root.mediaType) ? await copyTree(copying, root) : null;
  if (tree !== null) {
    run.tally.referrers.add(root.digest);
    return tree;
  }
  run.tally.skipped.referrers += 1;
  if (!isManifestType(root.mediaType)) run.leftBehind.add(root.digest);
  const reason = isManifestType(root.mediaType) ? "the source no longer has it" : `its type is ${root.mediaType}`;
  run.output.warn(`the referrer ${root.digest} is not copied: ${reason}`);
  return [];
}

async function noteCopied(run: Import, { subject, referrers }: Companions, copied: ReadonlySet<Digest>): Promise<void> {
  await noteReferrers(
    run,
    subject,
    referrers.filter(({ digest }) => copied.has(digest)),
  );
}

function unique<T extends Root>(roots: readonly T[]): T[] {
  return [...new Map(roots.map((root) => [root.digest, root])).values()];
}

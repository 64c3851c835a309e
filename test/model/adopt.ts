/** Takes over into the model what upkeep did. The model leaves open when upkeep does something that it may do. */
import { env } from "cloudflare:workers";
import * as z from "zod";
import type { Digest } from "../../src/oci/digest.ts";
import { dropManifest, emptyTrash, isElsewhere, isKept, type Model, type RepositoryModel } from "./model.ts";
import { manifestsToGo, tagsToGo } from "./retention.ts";
import { digestsIn, shownName, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { GRACE, KEEP_DELETED } from "./upkeep-times.ts";

/** Lists all repositories that may have rows, by the names that a snapshot shows. */
export function shownRepositories({ repositories, deleted }: Model): readonly (readonly [string, RepositoryModel])[] {
  return [...repositories, ...deleted.map((one) => [shownName(one), one.repository] as const)];
}

/**
 * Takes over what upkeep did. It may have taken any content that was deleted long enough ago, any link
 * that nothing needs and whose grace is over, and anything that no rule of retention keeps. Everything
 * else must be there, which the invariants check.
 */
export async function adoptUpkeep(model: Model, now: number): Promise<void> {
  const snapshot = await takeSnapshot("all");
  await adoptUploads(model);
  adoptPurge(model, snapshot, now - KEEP_DELETED);
  adoptRetention(model, snapshot, now);
  for (const [name, repository] of shownRepositories(model)) {
    const inTrash = digestsIn(snapshot.trash, name);
    for (const [digest, { at }] of repository.trash) {
      if (at <= now - KEEP_DELETED && !inTrash.has(digest)) emptyTrash(repository, digest, now);
    }
    const linked = digestsIn(snapshot.links, name);
    for (const digest of freeSince(repository, now - GRACE)) {
      if (!linked.has(digest)) repository.links.delete(digest);
    }
  }
  // A blob that nothing links is collected, damaged or not.
  const all = shownRepositories(model);
  for (const digest of model.damaged.difference(snapshot.damaged)) {
    if (!all.some(([, { links }]) => links.has(digest))) model.damaged.delete(digest);
  }
}

const noteRows = z.array(z.object({ id: z.string(), bytes: z.int() }));

/** Ends the uploads in repositories that are gone; upkeep knows the bytes of the others. */
async function adoptUploads(model: Model): Promise<void> {
  const { results } = await env.DB.prepare("SELECT id, bytes FROM open_uploads").all();
  const noted = new Map(noteRows.parse(results).map(({ id, bytes }) => [id, bytes]));
  for (const session of model.sessions) {
    const id = session.address.slice(session.address.lastIndexOf("/") + 1).slice(0, 32);
    session.noted = noted.get(id) ?? 0;
    session.ended ||= isElsewhere(session, model);
  }
}

/** Takes over the purge of repositories that were deleted long ago: any of their content may be gone. */
function adoptPurge({ deleted }: Model, snapshot: Snapshot, until: number): void {
  for (const one of deleted.filter(({ at }) => at <= until)) {
    const { tags, manifests, damaged, trash, links } = one.repository;
    const name = shownName(one);
    const tagged = digestsIn(snapshot.tags, name);
    for (const [tag, digest] of tags) if (!tagged.has(digest)) tags.delete(tag);
    for (const [held, rows] of [
      [manifests, snapshot.manifests],
      [damaged, snapshot.manifests],
      [trash, snapshot.trash],
      [links, snapshot.links],
    ] as const) {
      const left = digestsIn(rows, name);
      for (const digest of held.keys()) if (!left.has(digest)) held.delete(digest);
    }
    if (manifests.size + trash.size + links.size === 0) deleted.splice(deleted.indexOf(one), 1);
  }
}

/** Takes over retention: any tag or manifest that no rule keeps may be gone. All are judged by the state before. */
function adoptRetention(model: Model, snapshot: Snapshot, now: number): void {
  for (const [name, repository] of model.repositories) {
    const tagged = new Set(snapshot.tags.filter((tag) => tag.repository === name).map((tag) => tag.name));
    const tags = tagsToGo(model, name, now).difference(tagged);
    const manifests = manifestsToGo(model, name, now).difference(digestsIn(snapshot.manifests, name));
    for (const tag of tags) repository.tags.delete(tag);
    for (const digest of manifests) dropManifest(repository, digest, now, "retention");
  }
}

function freeSince(repository: RepositoryModel, time: number): readonly Digest[] {
  return [...repository.links]
    .filter(([digest, since]) => since <= time && !isKept(repository, digest))
    .map(([digest]) => digest);
}

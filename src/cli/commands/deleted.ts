import * as z from "zod";
import { defineCommand } from "../command.ts";
import { LIMIT_OPTION, limitInput } from "../input/options.ts";
import { type ManagedRepository, parseManagedRepository } from "../managed/reference.ts";
import { spaceOf } from "../managed/space.ts";
import { age, ageOrUntil, shortDigest, someOf } from "../output/words.ts";
import { type Columns, pageQuery, type Scene, showList, withManagement } from "../managed/shapes.ts";

/** Deleted content that can be restored. */
interface Deleted {
  /** The reference for `undelete`. */
  readonly reference: string;
  readonly kind: "repository" | "tag" | "manifest";
  /** The digest; null for a repository. */
  readonly digest: string | null;
  /** The tags that were deleted with a manifest. */
  readonly tags: readonly string[];
  readonly deletedAt: string;
  /** The name of the person or token; null if none was recorded, as for a repository. */
  readonly by: string | null;
  /** The end of the time to restore it; null if it is gone, or if the registry does not say. */
  readonly until: string | null;
  /** False for a tag whose manifest is gone. */
  readonly restorable: boolean;
}

const COLUMNS: Columns<Deleted> = {
  reference: ({ reference, digest }) =>
    digest === null ? reference : reference.replace(`@${digest}`, `@${shortDigest(digest)}`),
  what: (one) => whatOf(one),
  deleted: ({ deletedAt }) => age(deletedAt),
  by: ({ by }) => by ?? "-",
  "kept until": ({ until, restorable }) => (restorable ? (until === null ? "-" : ageOrUntil(until)) : "gone"),
};

/** Returns the full reference of a manifest, since `undelete` needs all of it. */
function fullReferenceOf({ kind, reference }: Deleted): string | null {
  return kind === "manifest" ? reference : null;
}

export const deleted = defineCommand({
  name: "deleted",
  summary: "List what was deleted, and until when you can restore it",
  description:
    "For a space, lists its deleted repositories; for a repository, its deleted tags and manifests. To restore one, pass its reference to undelete.",
  examples: ["deleted", "deleted acme", "deleted acme/web --json"],
  arguments: { "[where]": "a space, or a repository like acme/web (default: the token's space)" },
  options: LIMIT_OPTION,
  input: limitInput.extend({ where: z.string().optional() }),
  run: async (context, { where, limit }) => {
    if (where?.includes("/")) {
      const repository = await parseManagedRepository(context, where);
      const none = `nothing to restore in ${repository.name.full}`;
      const show = (scene: Scene) =>
        showList(scene, deletedIn(scene, repository, limit), COLUMNS, { limit, none, detail: fullReferenceOf });
      await withManagement(context, show, repository.registry);
    } else {
      await withManagement(context, async (scene) => {
        const space = await spaceOf(scene, where);
        const none = `no repositories to restore in ${space}; for tags: spacedock deleted ${space}/<path>`;
        await showList(scene, deletedRepositories(scene, space, limit), COLUMNS, { limit, none });
      });
    }
  },
});

async function* deletedRepositories({ management }: Scene, space: string, limit?: number): AsyncGenerator<Deleted> {
  const input = { path: { space }, query: pageQuery(limit) };
  for await (const { fullName, deletedAt, until } of management.list("listDeletedRepositories", input)) {
    const repository = { reference: fullName, kind: "repository", digest: null, tags: [], by: null } as const;
    yield { ...repository, deletedAt, until, restorable: true };
  }
}

async function* deletedIn({ management }: Scene, { name }: ManagedRepository, limit?: number): AsyncGenerator<Deleted> {
  const input = { path: { space: name.space }, query: { ...pageQuery(limit), repository: name.path } };
  for await (const { tag, digest, at, actor, content, until = null } of management.list("listDeletedTags", input)) {
    const gone = { reference: `${name.full}:${tag}`, kind: "tag", digest, tags: [], until } as const;
    yield { ...gone, deletedAt: at, by: actor.name, restorable: content !== "gone" };
  }
  for await (const { digest, tags, deletedAt, actor, until } of management.list("listDeletedManifests", input)) {
    const manifest = { reference: `${name.full}@${digest}`, kind: "manifest", digest, tags } as const;
    yield { ...manifest, deletedAt, by: actor.name, until, restorable: true };
  }
}

function whatOf({ kind, digest, tags }: Deleted): string {
  if (kind === "tag" && digest !== null) return shortDigest(digest);
  if (kind !== "manifest") return kind;
  return tags.length === 0 ? "manifest" : `manifest of ${someOf(tags, tags.length)}`;
}

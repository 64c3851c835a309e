import * as z from "zod";
import { matchesGlob } from "../../../oci/glob.ts";
import { formatBytes } from "../../../oci/size.ts";
import { type Command, defineCommand } from "../../command.ts";
import { CliError } from "../../exit.ts";
import { selectTags } from "../../import/select-tags.ts";
import { YES_OPTION, yesInput } from "../../input/options.ts";
import { confirm } from "../../input/prompt.ts";
import { parseManagedRepository } from "../../managed/reference.ts";
import type { TagsDeletion } from "../../../contract/operations.ts";
import { plural, someOf } from "../../output/words.ts";
import { repositoryPath, type RepositoryPath } from "../../managed/repository-command.ts";
import { type Scene, withManagement } from "../../managed/shapes.ts";

/** The most tags that one request may delete. */
const BATCH = 1000;

const PATTERN = /[*?]|^!/;

/** The tags to delete, as the user named them. */
interface Wanted {
  readonly tags: readonly string[];
  /** Tags that were named one by one: if one of them stays, the command fails. */
  readonly named: ReadonlySet<string>;
}

/** The tags that will be deleted, or were. */
interface Deletion extends Pick<TagsDeletion, "repository" | "tags" | "immutable" | "absent" | "manifests" | "bytes"> {
  /** The end of the time to restore them; null: nothing was requested. */
  readonly until: string | null;
}

interface Terms {
  readonly keepManifests: boolean;
  readonly dryRun: boolean;
}

export const tagsDelete: Command = defineCommand({
  name: "delete",
  summary: "Delete tags of a repository by name or pattern, with manifests that are left without a tag",
  description:
    "Shows what would be deleted, and asks. In a pattern, * matches any characters and ? one; a leading ! excludes. Immutable tags are kept. You can restore what is deleted for some days: see undelete.",
  examples: [
    "tags delete acme/web 'pr-*' --dry-run",
    "tags delete acme/web 'pr-*' '!pr-1*' --yes",
    "tags delete acme/web 1.0 1.1 --keep-manifests",
  ],
  arguments: {
    "<repository>": "the repository with its space, for example acme/web",
    "<tags...>": "names, or patterns in quotes",
  },
  options: {
    "--dry-run": "only show what would be deleted",
    "--keep-manifests": "keep manifests that are left without a tag",
    ...YES_OPTION,
  },
  input: yesInput.extend({
    repository: z.string(),
    tags: z.array(z.string()),
    dryRun: z.boolean().default(false),
    keepManifests: z.boolean().default(false),
  }),
  run: async (context, { repository, tags, yes, ...terms }) => {
    const { registry, name } = await parseManagedRepository(context, repository);
    await withManagement(
      context,
      async (scene) => {
        const path = repositoryPath(name);
        const wanted = await wantedOf(scene, path, tags);
        if (!terms.dryRun && !yes) await agree(scene, path, wanted, terms);
        const done = await remove(scene, path, wanted.tags, terms);
        scene.output.show({ ...done, dryRun: terms.dryRun }, () => summaryOf(done, terms.dryRun));
        report(scene, done, wanted);
      },
      registry,
    );
  },
});

/** Expands patterns to the repository's tags. */
async function wantedOf({ management }: Scene, path: RepositoryPath, given: readonly string[]): Promise<Wanted> {
  const patterns = given.filter((text) => PATTERN.test(text));
  const spared = patterns.filter((pattern) => pattern.startsWith("!"));
  const names = given.filter((text) => !PATTERN.test(text));
  // An exclusion counts before a name: if both apply to a tag, it stays.
  const named = new Set(names.filter((name) => !spared.some((pattern) => matchesGlob(pattern.slice(1), name))));
  if (spared.length === patterns.length) {
    if (names.length > 0) return { tags: [...named], named };
    throw new CliError("usage", "only exclusions are given: name the tags to delete", {
      hint: "For all other tags, add '*'.",
    });
  }
  const there: string[] = [];
  const listed = management.list("listRepositoryTags", {
    path: { space: path.space, name: path.name },
    query: { limit: BATCH },
  });
  for await (const { name } of listed) there.push(name);
  return { tags: [...new Set([...named, ...selectTags(there, patterns).images])], named };
}

async function agree(scene: Scene, path: RepositoryPath, { tags }: Wanted, terms: Terms): Promise<void> {
  const preview = await remove(scene, path, tags, { ...terms, dryRun: true });
  const question = `${summaryOf(preview, true)}\nDelete them at ${scene.management.host}?`;
  await confirm(scene.context, { question, yes: preview.tags.length === 0 });
}

/**
 * Deletes the tags in as many requests as needed. A manifest whose tags are spread over several requests appears in
 * none of their previews.
 */
async function remove(
  { management }: Scene,
  { space, name: repository }: RepositoryPath,
  tags: readonly string[],
  terms: Terms,
): Promise<Deletion> {
  let all: Deletion = { repository, tags: [], immutable: [], absent: [], manifests: [], bytes: 0, until: null };
  for (let at = 0; at < tags.length; at += BATCH) {
    const body = { repository, tags: tags.slice(at, at + BATCH), ...terms };
    const part = await management.call("deleteTags", { path: { space }, body });
    all = {
      ...part,
      tags: [...all.tags, ...part.tags],
      immutable: [...all.immutable, ...part.immutable],
      absent: [...all.absent, ...part.absent],
      manifests: [...all.manifests, ...part.manifests],
      bytes: all.bytes + part.bytes,
    };
  }
  return all;
}

/** Formats the result: "deleted 2 tags of web: pr-1, pr-2; with 1 manifest, 2.0 MB". */
function summaryOf({ repository, tags, manifests, bytes, until }: Deletion, isDry: boolean): string {
  if (tags.length === 0) return `no tag of ${repository} ${isDry ? "would be" : "was"} deleted`;
  const names = someOf(
    tags.map(({ name }) => name),
    tags.length,
  );
  const what = `${plural(tags.length, "tag")} of ${repository}`;
  const least = isDry && tags.length > BATCH ? "at least " : "";
  const more =
    manifests.length === 0
      ? `${tags.length === 1 ? "its manifest is" : "their manifests are"} kept`
      : `with ${least}${plural(manifests.length, "manifest")}, ${formatBytes(bytes)}`;
  const undo =
    until === null
      ? ""
      : `; you can restore ${tags.length === 1 ? "it" : "them"} until ${until.slice(0, "2026-11-28".length)}`;
  return `${isDry ? "would delete" : "deleted"} ${what}: ${names}; ${more}${undo}`;
}

/** Warns about tags that stay. Throws if one of them was named. */
function report({ output }: Scene, { immutable, absent }: Deletion, { named }: Wanted): void {
  if (immutable.length > 0) output.warn(`kept, because immutable: ${someOf(immutable, immutable.length)}`);
  if (absent.length > 0) output.warn(`not found: ${someOf(absent, absent.length)}`);
  const kept = immutable.filter((tag) => named.has(tag)).length;
  if (kept > 0)
    throw new CliError("denied", `${plural(kept, "tag")} that you named ${kept === 1 ? "is" : "are"} immutable`);
  const missing = absent.filter((tag) => named.has(tag)).length;
  if (missing > 0) throw new CliError("not-found", `${missing} of ${named.size} not found`);
}

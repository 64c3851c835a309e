import * as z from "zod";
import type { Connection } from "../../client/connection.ts";
import { blobsOf, getContent, sizeOf } from "../../client/content.ts";
import { listTags } from "../../client/lists.ts";
import { headManifest } from "../../client/manifests.ts";
import { RefusedError } from "../../client/problem.ts";
import { defineCommand, defineGroup } from "../../command.ts";
import { openConnection, sayWhere } from "../../connections.ts";
import type { Context } from "../../context.ts";
import { CliError } from "../../exit.ts";
import { inBatches } from "../../in-batches.ts";
import { LIMIT_OPTION, limitInput } from "../../input/options.ts";
import { hasHost, type ManagedRepository, parseManagedRepository } from "../../managed/reference.ts";
import { formatBytes } from "../../../oci/size.ts";
import { age, shortDigest } from "../../output/words.ts";
import { tagsDelete } from "./tags-delete.ts";
import { type Columns, pageQuery, showList, withManagement } from "../../managed/shapes.ts";

interface TagLine {
  readonly name: string;
  readonly digest: string | null;
  /** The time of the tag's last change; null if only the registry's own API could be asked. */
  readonly updatedAt: string | null;
  /** The day of its last pull; null if it was never pulled, or if only the registry's own API could be asked. */
  readonly pulledAt: string | null;
  /** Bytes of all its content; null if the login may not pull. */
  readonly size: number | null;
}

type NamedTag = Omit<TagLine, "size">;

const COLUMNS: Columns<TagLine> = {
  tag: ({ name }) => name,
  digest: ({ digest }) => (digest === null ? "-" : shortDigest(digest)),
  size: ({ size }) => (size === null ? "-" : formatBytes(size)),
  set: ({ updatedAt }) => (updatedAt === null ? "-" : age(updatedAt)),
  pulled: lastPulled,
};

function lastPulled({ pulledAt, updatedAt }: TagLine): string {
  if (pulledAt !== null) return age(pulledAt);
  return updatedAt === null ? "-" : "never";
}

const AT_A_TIME = 8;

const list = defineCommand({
  name: "list",
  summary: "List a repository's tags, with digests and sizes",
  description: "The size is that of all layers of all platforms. Listing does not count as a pull.",
  examples: ["tags acme/web", "tags registry.example.com/acme/web --limit 20 --json"],
  arguments: { "<repository>": "the repository with its space, for example acme/web" },
  options: LIMIT_OPTION,
  input: limitInput.extend({ repository: z.string() }),
  run: async (context, { repository: named, limit }) => {
    const repository = await parseManagedRepository(context, named);
    if (!hasHost(named)) await sayWhere(context, repository.registry);
    const shape = { limit, none: `${repository.name.full} has no tags` };
    const found = await managedTags(context, repository, limit);
    if (found !== null) await showList(context, found, COLUMNS, shape);
    else await listFrom(context, repository, shape);
  },
});

/** Lists the tags of any registry. Only looks, so pull times stay as they are. */
async function listFrom(context: Context, repository: ManagedRepository, shape: ListShape): Promise<void> {
  const connection = await openConnection(context, repository.registry);
  try {
    const found = await registryTags(connection, repository, shape.limit);
    await showList(context, withSizes(connection, repository.name.full, found), COLUMNS, shape);
  } finally {
    await connection.close();
  }
}

interface ListShape {
  readonly limit: number | undefined;
  readonly none: string;
}

/** Lists the tags by the management API; null if the login may not ask it, or if there is none. */
async function managedTags(
  context: Context,
  { registry, name }: ManagedRepository,
  limit: number | undefined,
): Promise<readonly TagLine[] | null> {
  const path = { space: name.space, name: name.path };
  try {
    const tags = await withManagement(
      context,
      ({ management }) => firstOf(management.list("listRepositoryTags", { path, query: pageQuery(limit) }), limit),
      registry,
    );
    const lines: TagLine[] = [];
    for (const tag of tags) lines.push({ ...tag, size: tag.contentSize });
    return lines;
  } catch (failure) {
    const isUnknown = failure instanceof RefusedError && failure.kind === "not-found" && failure.code !== null;
    const mayBeElsewhere = failure instanceof CliError && ["denied", "not-found", "invalid"].includes(failure.kind);
    if (isUnknown || !mayBeElsewhere) throw failure;
    return null;
  }
}

/** Lists the tags by the API that any registry has. */
async function registryTags(
  connection: Connection,
  { name }: ManagedRepository,
  limit: number | undefined,
): Promise<readonly NamedTag[]> {
  const names = await firstOf(listTags(connection, name.full), limit);
  return inBatches(names, AT_A_TIME, async (tag) => {
    const head = await headManifest(connection, name.full, tag);
    return { name: tag, digest: head?.digest ?? null, updatedAt: null, pulledAt: null };
  });
}

async function firstOf<T>(items: AsyncIterable<T>, limit = Number.POSITIVE_INFINITY): Promise<readonly T[]> {
  const first: T[] = [];
  for await (const item of items) if (first.push(item) >= limit) break;
  return first;
}

async function* withSizes(connection: Connection, name: string, found: readonly NamedTag[]): AsyncGenerator<TagLine> {
  const digests = [...new Set(found.map(({ digest, name: tag }) => digest ?? tag))];
  const sizes = new Map<string, number | null>();
  let mayPull = true;
  await inBatches(digests, AT_A_TIME, async (digest) => {
    if (!mayPull) return;
    try {
      sizes.set(digest, await contentSize(connection, name, digest));
    } catch (failure) {
      if (!(failure instanceof CliError) || failure.kind !== "denied") throw failure;
      mayPull = false;
    }
  });
  for (const tag of found) yield { ...tag, size: sizes.get(tag.digest ?? tag.name) ?? null };
}

/** Sums the bytes of a manifest's content: for an index, of all its images together. */
async function contentSize(connection: Connection, name: string, reference: string): Promise<number | null> {
  const found = await getContent(connection, name, reference);
  if (found === null) return null;
  const children = await inBatches(found.content.manifests ?? [], AT_A_TIME, ({ digest }) =>
    getContent(connection, name, digest),
  );
  return sizeOf([found, ...children].flatMap((one) => (one === null ? [] : blobsOf(one.content))));
}

export const tags = defineGroup("tags", "List a repository's tags, or delete many", [list, tagsDelete], list);

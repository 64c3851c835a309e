import * as z from "zod";
import { annotationsSchema } from "../../oci/annotations.ts";
import { descriptorSchema } from "../../oci/descriptor.ts";
import { type Digest } from "../../oci/digest.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { OCI_INDEX } from "../../oci/media-types.ts";
import { CliError } from "../exit.ts";
import { askWhole, type Connection } from "./connection.ts";
import { getManifest } from "./manifests.ts";
import { pullScope, repositoryPath } from "./repository.ts";
import type { Answer } from "./transport.ts";

const MAX_LIST_BYTES = 16 * 1024 * 1024;

const tagList = z.object({ tags: z.array(z.string()).nullish() });

const referrer = descriptorSchema.and(
  z.looseObject({ artifactType: z.string().nullish(), annotations: annotationsSchema.nullish() }),
);

/** A manifest that refers to another: its descriptor, with the artifact's type. */
export type RemoteReferrer = z.infer<typeof referrer>;

const referrerList = z.looseObject({ manifests: z.array(referrer).nullish() });

/** Lists a repository's tags (end-8), page by page. Throws a `not-found` CliError if there is no such repository. */
export async function* listTags(connection: Connection, name: string): AsyncGenerator<string> {
  const progress = new Progress(connection);
  for await (const page of pages(connection, name, repositoryPath({ name }, "tags/list"), [200])) {
    const tags = parseList(tagList, page.text, name).tags ?? [];
    progress.note(page, tags);
    yield* tags;
  }
}

/** Statuses of registries without a list of referrers. Others answer 200 with a page of something else. */
const NO_LIST = [400, 404, 405, 406];

/**
 * Lists the referrers of a manifest (end-12). If the registry has no such lists, reads the tag that stands in for them
 * (distribution spec, "Referrers Tag Schema").
 */
export async function* listReferrers(
  connection: Connection,
  name: string,
  subject: Digest,
  artifactType?: string,
): AsyncGenerator<RemoteReferrer> {
  const query = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType }).toString()}`;
  const wanted = (one: RemoteReferrer): boolean => artifactType === undefined || one.artifactType === artifactType;
  const address = repositoryPath({ name }, `referrers/${subject}${query}`);
  const progress = new Progress(connection);
  for await (const page of pages(connection, name, address, [200, ...NO_LIST])) {
    // Some registries answer unknown addresses with a page for people.
    const isList = page.status === 200 && page.text.trimStart().startsWith("{");
    const referrers = isList
      ? (parseList(referrerList, page.text, name).manifests ?? [])
      : await listTaggedReferrers(connection, name, subject);
    progress.note(
      page,
      referrers.map(({ digest }) => digest),
    );
    yield* referrers.filter(wanted);
  }
}

/** Lists the referrers under the tag that stands in for the list; nothing if there is no such tag. */
export async function listTaggedReferrers(
  connection: Connection,
  name: string,
  subject: Digest,
): Promise<readonly RemoteReferrer[]> {
  const manifest = await getManifest(connection, name, referrersTag(subject));
  if (manifest?.mediaType !== OCI_INDEX) return [];
  return parseList(referrerList, manifest.bytes.toString("utf8"), name).manifests ?? [];
}

interface Page {
  readonly status: number;
  readonly text: string;
  /** The next page's address; null: this is the last. */
  readonly next: string | null;
}

/** The most pages in a row without an entry. Some registries filter their lists after they cut them into pages. */
const MAX_EMPTY_PAGES = 100;

/** Makes sure that a list ends, whatever addresses its pages name. */
class Progress {
  readonly #connection: Connection;
  readonly #seen = new Set<string>();
  #emptyPages = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Throws an `invalid` CliError if a page that is not the last brings nothing new. */
  note({ next }: Page, entries: readonly string[]): void {
    const before = this.#seen.size;
    for (const entry of entries) this.#seen.add(entry);
    this.#emptyPages = entries.length === 0 ? this.#emptyPages + 1 : 0;
    const isStuck = entries.length === 0 ? this.#emptyPages > MAX_EMPTY_PAGES : this.#seen.size === before;
    if (next !== null && isStuck) throw endless(this.#connection, "has pages with nothing new on them");
  }
}

/**
 * Reads a list page by page. Throws an `invalid` CliError if the list would not end. Throws the refusal of a later
 * page, since part of a list is not the list.
 */
async function* pages(
  connection: Connection,
  name: string,
  first: string,
  expect: readonly number[],
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  for (let address: string | null = first; address !== null;) {
    if (seen.has(address)) throw endless(connection, "leads back to an earlier page");
    seen.add(address);
    const page: Page = await readPage(connection, name, address, seen.size === 1 ? expect : [200]);
    yield page;
    address = page.next;
  }
}

async function readPage(
  connection: Connection,
  name: string,
  address: string,
  expect: readonly number[],
): Promise<Page> {
  const question = { method: "GET", address, scopes: [pullScope({ name })], expect } as const;
  const { answer, bytes } = await askWhole(connection, question, MAX_LIST_BYTES + 1);
  if (answer.status !== 200) return { status: answer.status, text: "", next: null };
  if (bytes.length > MAX_LIST_BYTES) {
    throw new CliError("invalid", `${connection.registry.host}: one page of a list is over 16 MiB`);
  }
  return { status: 200, text: bytes.toString("utf8"), next: nextPage(answer) };
}

/**
 * Returns the address of the Link header's next page (RFC 8288). A registry behind a proxy may name a scheme or host of
 * its own, so only the path and query are used, at the registry's known address.
 */
function nextPage({ headers, url }: Answer): string | null {
  const target = linkTarget(headers.get("link") ?? "");
  if (target === null) return null;
  if (!URL.canParse(target, url))
    throw new CliError("invalid", `${url.host}: the address of a list's next page is not valid`);
  const { pathname, search } = new URL(target, url);
  return pathname + search;
}

/** Finds the link whose relations, in any order and case, include `next`. */
function linkTarget(header: string): string | null {
  for (const [, target = "", parameters = ""] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[^\s;,=]+\s*=\s*(?:"[^"]*"|[^\s;,]*))*)/g,
  )) {
    const [, quoted, plain] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]*))/i.exec(parameters) ?? [];
    if ((quoted ?? plain ?? "").toLowerCase().split(/\s+/).includes("next")) return target;
  }
  return null;
}

function endless({ registry }: Connection, how: string): CliError {
  return new CliError("invalid", `${registry.host}: the list never ends: it ${how}`);
}

function parseList<S extends z.ZodType>(schema: S, text: string, name: string): z.output<S> {
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // A body that is not JSON is not a list either.
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CliError("invalid", `${name}: the registry's answer is not a list`, { cause: parsed.error });
}

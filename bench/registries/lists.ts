import * as z from "zod";
import { pullScope, repositoryPath } from "../../src/cli/client/repository.ts";
import { readText } from "../../src/cli/client/transport.ts";
import type { Peer } from "./peer.ts";

/** Names to request for a page. */
export const PAGE = 100;

/** Bytes of the longest answer to read; a registry without pages sends everything. */
const MOST_BYTES = 64 * 1024 * 1024;

const tagList = z.object({ tags: z.array(z.string()).nullable() });
const catalog = z.object({ repositories: z.array(z.string()).nullable() });

/** Reads one page of a repository's tags after a tag (end-8b). Throws if there is none. */
export async function readTagPage(peer: Peer, name: string, after: string | null): Promise<void> {
  const text = await readPage(peer, repositoryPath({ name }, "tags/list"), pullScope({ name }), after);
  requireNames(tagList.parse(JSON.parse(text)).tags, name);
}

/** Reads one page of the catalog, which registries have had since before the specification. */
export async function readCatalogPage(peer: Peer, after: string | null): Promise<void> {
  const text = await readPage(peer, "/v2/_catalog", "registry:catalog:*", after);
  requireNames(catalog.parse(JSON.parse(text)).repositories, "the catalog");
}

async function readPage({ connection }: Peer, path: string, scope: string, after: string | null): Promise<string> {
  const query = new URLSearchParams({ n: String(PAGE), ...(after !== null && { last: after }) });
  const address = `${path}?${query.toString()}`;
  const answer = await connection.ask({ method: "GET", address, scopes: [scope], expect: [200] });
  return readText(answer, MOST_BYTES);
}

function requireNames(names: readonly string[] | null, what: string): void {
  if (names === null || names.length === 0) throw new Error(`a page of ${what} is empty`);
}

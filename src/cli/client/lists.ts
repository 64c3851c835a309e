import { z } from "zod";
import { annotationsSchema } from "../../oci/annotations.ts";
import { descriptorSchema } from "../../oci/descriptor.ts";
import { type Digest, digestAlgorithm, digestHex } from "../../oci/digest.ts";
import { OCI_INDEX } from "../../oci/media-types.ts";
import { CliError } from "../exit.ts";
import type { Connection } from "./connection.ts";
import { getManifest } from "./manifests.ts";
import { pullScope, repositoryPath } from "./repository.ts";
import { type Answer, drain, readText } from "./transport.ts";

const MAX_LIST_BYTES = 16 * 1024 * 1024;

const tagList = z.object({ tags: z.array(z.string()).nullish() });

const referrer = descriptorSchema.and(
  z.looseObject({ artifactType: z.string().nullish(), annotations: annotationsSchema.nullish() }),
);

/** What refers to a manifest: its descriptor, with the artifact's type. */
export type RemoteReferrer = z.infer<typeof referrer>;

const referrerList = z.looseObject({ manifests: z.array(referrer).nullish() });

/** end-8: a repository's tags, page by page. Throws a `not-found` CliError where there is no such repository. */
export async function* listTags(connection: Connection, name: string): AsyncGenerator<string> {
  for await (const page of pages(connection, name, repositoryPath({ name }, "tags/list"), [200])) {
    yield* parseList(tagList, page.text, name).tags ?? [];
  }
}

/** How registries that have no such list answer, beside 200 with a page of something else. */
const NO_LIST = [400, 404, 405, 406];

/**
 * end-12: what refers to a manifest; from the tag that stands in for the list (distribution spec, "Referrers Tag
 * Schema") where the registry has no such list.
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
  for await (const page of pages(connection, name, address, [200, ...NO_LIST])) {
    // Some have a page for people at all addresses that they do not know.
    const isList = page.status === 200 && page.text.trimStart().startsWith("{");
    const referrers = isList
      ? (parseList(referrerList, page.text, name).manifests ?? [])
      : await listTaggedReferrers(connection, name, subject);
    yield* referrers.filter(wanted);
  }
}

/** The tag that stands in for the list of what refers to a manifest. */
export function referrersTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject)}`;
}

/** What the tag lists that stands in for the list; nothing where there is no such tag. */
export async function listTaggedReferrers(
  connection: Connection,
  name: string,
  subject: Digest,
): Promise<readonly RemoteReferrer[]> {
  const manifest = await getManifest(connection, name, referrersTag(subject));
  if (manifest?.mediaType !== OCI_INDEX) return [];
  return parseList(referrerList, manifest.bytes.toString("utf8"), name).manifests ?? [];
}

interface ListPage {
  readonly status: number;
  readonly text: string;
}

async function* pages(
  connection: Connection,
  name: string,
  first: string,
  expect: readonly number[],
): AsyncGenerator<ListPage> {
  let address: string | null = first;
  while (address !== null) {
    const answer: Answer = await connection.ask({ method: "GET", address, scopes: [pullScope({ name })], expect });
    const next: string | null = nextPage(answer);
    if (next === address) throw new CliError("invalid", `${connection.registry.host}: a list's next page is itself`);
    if (answer.status === 200) yield { status: 200, text: await readText(answer, MAX_LIST_BYTES) };
    else {
      await drain(answer);
      yield { status: answer.status, text: "" };
    }
    address = next;
  }
}

/** The Link header's next page (RFC 8288), at this registry only. */
function nextPage({ headers, url }: Answer): string | null {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers.get("link") ?? "") ?? [];
  if (target === undefined || !URL.canParse(target, url)) return null;
  const next = new URL(target, url);
  return next.origin === url.origin ? next.pathname + next.search : null;
}

function parseList<S extends z.ZodType>(schema: S, text: string, name: string): z.output<S> {
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Not JSON is not a list either.
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CliError("invalid", `${name}: the registry's list is not one`, { cause: parsed.error });
}

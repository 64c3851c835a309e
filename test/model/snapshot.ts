/** Reads the content of storage past the Worker. That changes nothing, while a client's look at a blob renews its grace. */
import { env } from "cloudflare:workers";
import * as z from "zod";
import { objectKeys } from "../support/upkeep.ts";
import { type Digest, requireDigest } from "../../src/oci/digest.ts";

const linkRow = z.object({ repository: z.string(), digest: z.string().transform(requireDigest), key: z.string() });
const manifestRow = linkRow.extend({ key: z.string().nullable() });
const tagRow = z.object({ repository: z.string(), name: z.string(), digest: z.string().transform(requireDigest) });
const textRow = z.object({ text: z.string() });

/** Repositories with the names under which rows are shown. */
const REPOSITORIES = {
  live: `SELECT r.id, s.name || '/' || r.path AS repository FROM repositories r
    JOIN spaces s ON s.id = r.space_id WHERE r.deleted_at IS NULL`,
  deleted: `SELECT r.id, s.name || '/' || r.path || ' deleted at ' || r.deleted_at AS repository FROM repositories r
    JOIN spaces s ON s.id = r.space_id WHERE r.deleted_at IS NOT NULL`,
} as const;

export function shownName({ name, at }: { readonly name: string; readonly at: number }): string {
  return `${name} deleted at ${at}`;
}

const ROWS: readonly ((repositories: string) => string)[] = [
  (
    shown,
  ) => `SELECT l.repository, rb.digest, b.key FROM (${shown}) l JOIN repository_blobs rb ON rb.repository_id = l.id
    JOIN blobs b ON b.digest = rb.digest`,
  (shown) => `SELECT l.repository, m.digest, m.key FROM (${shown}) l JOIN manifests m ON m.repository_id = l.id`,
  (shown) =>
    `SELECT l.repository, d.digest, d.key FROM (${shown}) l JOIN deleted_manifests d ON d.repository_id = l.id`,
  (shown) => `SELECT l.repository, t.name, t.digest FROM (${shown}) l JOIN tags t ON t.repository_id = l.id`,
];

const DAMAGED = (shown: string): string => `SELECT digest AS text FROM blobs WHERE quarantined_at IS NOT NULL UNION
  SELECT l.repository || ' ' || m.digest FROM (${shown}) l JOIN manifests m ON m.repository_id = l.id AND m.quarantined_at IS NOT NULL`;

/** Keys that rows point to, including the rows of deleted repositories and of the trash. */
const KEYS = `SELECT key AS text FROM blobs UNION SELECT key FROM manifests WHERE key IS NOT NULL
  UNION SELECT key FROM deleted_manifests WHERE key IS NOT NULL`;

export interface Snapshot {
  readonly links: readonly z.infer<typeof linkRow>[];
  readonly manifests: readonly z.infer<typeof manifestRow>[];
  readonly trash: readonly z.infer<typeof manifestRow>[];
  readonly tags: readonly z.infer<typeof tagRow>[];
  /** Quarantined content: digests of blobs, and manifests with their repositories. */
  readonly damaged: ReadonlySet<string>;
  /** Keys that rows point to, and keys of existing objects. */
  readonly keys: ReadonlySet<string>;
  readonly objects: ReadonlySet<string>;
}

/** Reads the content of storage. @param which `all` to include deleted repositories, under their {@link shownName}s */
export async function takeSnapshot(which: "live" | "all" = "live"): Promise<Snapshot> {
  const shown = which === "live" ? REPOSITORIES.live : `${REPOSITORIES.live} UNION ALL ${REPOSITORIES.deleted}`;
  const [links, manifests, trash, tags, keys, damaged] = await env.DB.batch(
    [...ROWS.map((rows) => rows(shown)), KEYS, DAMAGED(shown)].map((sql) => env.DB.prepare(sql)),
  );
  return {
    links: z.array(linkRow).parse(links?.results),
    manifests: z.array(manifestRow).parse(manifests?.results),
    trash: z.array(manifestRow).parse(trash?.results),
    tags: z.array(tagRow).parse(tags?.results),
    keys: textsOf(keys),
    damaged: textsOf(damaged),
    objects: await objectKeys(),
  };
}

function textsOf(result: D1Result | undefined): ReadonlySet<string> {
  const found = z.array(textRow).parse(result?.results);
  return new Set(found.map(({ text }) => text));
}

/** Returns the digests among the rows of a repository. */
export function digestsIn(rows: readonly { repository: string; digest: Digest }[], name: string): ReadonlySet<Digest> {
  return new Set(rows.filter(({ repository }) => repository === name).map(({ digest }) => digest));
}

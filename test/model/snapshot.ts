/** What storage holds, read past the Worker: looking so changes nothing, while a client's look at a blob renews its grace. */
import { env } from "cloudflare:workers";
import { z } from "zod";
import { objectKeys } from "../support/upkeep.ts";
import { type Digest, requireDigest } from "../../src/oci/digest.ts";

const linkRow = z.object({ repository: z.string(), digest: z.string().transform(requireDigest), key: z.string() });
const manifestRow = linkRow.extend({ key: z.string().nullable() });
const tagRow = z.object({ repository: z.string(), name: z.string(), digest: z.string().transform(requireDigest) });
const keyRow = z.object({ key: z.string() });

const LIVE = `SELECT r.id, s.name || '/' || r.path AS repository FROM repositories r
  JOIN spaces s ON s.id = r.space_id WHERE r.deleted_at IS NULL AND s.deleted_at IS NULL`;
const LINKS = `SELECT l.repository, rb.digest, b.key FROM (${LIVE}) l JOIN repository_blobs rb ON rb.repository_id = l.id
  JOIN blobs b ON b.digest = rb.digest`;
const MANIFESTS = `SELECT l.repository, m.digest, m.key FROM (${LIVE}) l JOIN manifests m ON m.repository_id = l.id`;
const TRASH = `SELECT l.repository, d.digest, d.key FROM (${LIVE}) l JOIN deleted_manifests d ON d.repository_id = l.id`;
const TAGS = `SELECT l.repository, t.name, t.digest FROM (${LIVE}) l JOIN tags t ON t.repository_id = l.id`;
/** All that rows point to, those of deleted repositories and the trash included. */
const KEYS = `SELECT key FROM blobs UNION SELECT key FROM manifests WHERE key IS NOT NULL
  UNION SELECT key FROM deleted_manifests WHERE key IS NOT NULL`;

export interface Snapshot {
  readonly links: readonly z.infer<typeof linkRow>[];
  readonly manifests: readonly z.infer<typeof manifestRow>[];
  readonly trash: readonly z.infer<typeof manifestRow>[];
  readonly tags: readonly z.infer<typeof tagRow>[];
  /** Keys that rows point to, and those of the objects that are there. */
  readonly keys: ReadonlySet<string>;
  readonly objects: ReadonlySet<string>;
}

export async function takeSnapshot(): Promise<Snapshot> {
  const [links, manifests, trash, tags, keys] = await env.DB.batch(
    [LINKS, MANIFESTS, TRASH, TAGS, KEYS].map((sql) => env.DB.prepare(sql)),
  );
  return {
    links: z.array(linkRow).parse(links?.results),
    manifests: z.array(manifestRow).parse(manifests?.results),
    trash: z.array(manifestRow).parse(trash?.results),
    tags: z.array(tagRow).parse(tags?.results),
    keys: new Set(
      z
        .array(keyRow)
        .parse(keys?.results)
        .map(({ key }) => key),
    ),
    objects: await objectKeys(),
  };
}

/** The digests among the rows of a repository. */
export function digestsIn(rows: readonly { repository: string; digest: Digest }[], name: string): ReadonlySet<Digest> {
  return new Set(rows.filter(({ repository }) => repository === name).map(({ digest }) => digest));
}

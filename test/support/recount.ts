import { env } from "cloudflare:workers";
import { expect } from "vitest";

const COUNTED_REPOSITORIES = `
  SELECT r.id, r.bytes AS counted,
    (SELECT COALESCE(SUM(b.size), 0) FROM repository_blobs rb JOIN blobs b ON b.digest = rb.digest WHERE rb.repository_id = r.id)
    + (SELECT COALESCE(SUM(m.size), 0) FROM manifests m WHERE m.repository_id = r.id) AS bytes
  FROM repositories r`;

/** Repositories whose counter differs from their content. */
const WRONG_REPOSITORIES = `SELECT * FROM (${COUNTED_REPOSITORIES}) WHERE counted <> bytes`;

/** Spaces whose counters differ from their live repositories. */
const WRONG_SPACES = `
  SELECT * FROM (
    SELECT s.name, s.bytes AS counted_bytes, s.repositories AS counted_repositories, COUNT(r.id) AS repositories,
      COALESCE(SUM(found.bytes), 0) AS bytes
    FROM spaces s LEFT JOIN repositories r ON r.space_id = s.id AND r.deleted_at IS NULL
      LEFT JOIN (${COUNTED_REPOSITORIES}) found ON found.id = r.id
    GROUP BY s.id)
  WHERE counted_bytes <> bytes OR counted_repositories <> repositories`;

/** Repositories whose count of tags is wrong, or whose last push is not their newest tag's. */
const WRONG_TAGS = `
  SELECT * FROM (
    SELECT r.id, r.tags AS counted, r.pushed_at AS noted, COUNT(t.name) AS tags, MAX(t.updated_at) AS pushed_at
    FROM repositories r LEFT JOIN tags t ON t.repository_id = r.id GROUP BY r.id)
  WHERE counted <> tags OR noted IS NOT pushed_at`;

/** Fails unless every counter equals a count of the rows. */
export async function expectCountersToBeRight(): Promise<void> {
  const [repositories, spaces, tags] = await env.DB.batch(
    [WRONG_REPOSITORIES, WRONG_SPACES, WRONG_TAGS].map((sql) => env.DB.prepare(sql)),
  );
  const wrong = { repositories: repositories?.results, spaces: spaces?.results, tags: tags?.results };
  expect(wrong).toEqual({ repositories: [], spaces: [], tags: [] });
}

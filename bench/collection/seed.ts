/** Fills the database with a registry of a certain size, past the Worker: 100,000 pushes would take hours. */

const REPOSITORIES = `
  INSERT INTO repositories (id, space_id, path, created_at) VALUES (1, 1, 'images', 0), (2, 1, 'loose', 0), (3, 1, 'trash', 0)`;

/** Deep enough that a walk through references would show. */
const DEPTH = 10;

/** At most; on one manifest, beside one tag on each other. */
const TAGS_ON_ONE = 10_000;

/** As a digest: in an order that has nothing to do with that of the numbers. */
const digest = (kind: string, number: string): string =>
  `'sha256:${kind}' || printf('%08x', (${number} * 2654435761) % 4294967296) || printf('%055d', ${number})`;

/** Rows of one statement. */
const AT_ONCE = 5000;

/** From ?1 to ?2. */
const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";

const blobs = (kind: string): string => `
  INSERT INTO blobs (digest, key, size, created_at)
  ${NUMBERS} SELECT ${digest(kind, "i")}, 'blobs/${kind}' || i, 100, 0 FROM n`;
const links = (kind: string, repository: number): string => `
  INSERT INTO repository_blobs (repository_id, digest, touched_at)
  ${NUMBERS} SELECT ${repository}, ${digest(kind, "i")}, 0 FROM n`;
const manifests = (table: string, repository: number, more: string, values: string): string => `
  INSERT INTO ${table} (id, repository_id, digest, media_type, size, body, subject, platforms, created_at${more})
  ${NUMBERS} SELECT ${repository} * 10000000 + i, ${repository}, ${digest("c", "i")}, 'application/x', 2, '{}',
    IIF(i % 10 = 0, ${digest("c", "i - 1")}, NULL), '[]', 0${values} FROM n`;
/** Each needs its own layer and one that all share. */
const references = (table: string, repository: number): string => `
  INSERT INTO ${table} (repository_id, digest, manifest_id)
  ${NUMBERS} SELECT ${repository}, ${digest("a", "i")}, ${repository} * 10000000 + i FROM n
  UNION ALL SELECT ${repository}, ${digest("a", "1")}, ${repository} * 10000000 + i FROM n WHERE i > 1`;
/** Every hundredth to the next ones are indexes, each of the one before, which is referred to by its successor too. */
const NESTED = `
  INSERT INTO manifest_references (repository_id, digest, manifest_id)
  ${NUMBERS} SELECT 1, ${digest("c", "i - 1")}, 10000000 + i FROM n WHERE i % 100 BETWEEN 1 AND ${DEPTH} AND i > 1`;
const TAGS = `
  INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
  ${NUMBERS} SELECT 1, 'tag' || i, ${digest("c", "i")}, 0, 0 FROM n
  UNION ALL SELECT 1, 'same' || i, (SELECT MIN(digest) FROM manifests WHERE repository_id = 1), 0, 0 FROM n WHERE i <= ${TAGS_ON_ONE}`;

/** `size` manifests that are tagged, as many in the trash, and as many blobs that nothing needs. */
export async function seed(db: D1Database, size: number): Promise<void> {
  await db.batch(
    ["INSERT INTO spaces (id, name, created_at) VALUES (1, 'bench', 0)", REPOSITORIES].map((sql) => db.prepare(sql)),
  );
  for (const sql of [
    blobs("a"),
    blobs("b"),
    links("a", 1),
    links("b", 2),
    manifests("manifests", 1, "", ""),
    references("manifest_references", 1),
    NESTED,
    TAGS,
    manifests("deleted_manifests", 3, ", tags, actor, deleted_at", ", '[]', 'bench', 9e15"),
    links("a", 3),
    references("deleted_references", 3),
  ]) {
    for (let first = 1; first <= size; first += AT_ONCE) {
      await db
        .prepare(sql)
        .bind(first, Math.min(first + AT_ONCE - 1, size))
        .run();
    }
  }
}

/** Fills the database with a registry of a certain size, past the Worker: 100,000 pushes would take hours. */

/** The relations between the manifests of a repository, which are numbered from 1. */
export interface Shape {
  readonly shape: string;
  /** SQL condition: manifest `i` is an index of the one before it. */
  readonly isIndex: string;
  /** SQL condition: the subject of manifest `i` is the one nine before it. */
  readonly isReferrer: string;
  /** Tags on one of them, besides one tag on each; at most as many as there are manifests. */
  readonly tagsOnOne: number;
}

export const IMAGES: Shape = { shape: "images", isIndex: "FALSE", isReferrer: "FALSE", tagsOnOne: 0 };

/** Ten manifests, each an index of the one before: deep enough for a walk through references to show. */
const NESTED: Shape = { ...IMAGES, shape: "indexes, nested ten deep", isIndex: "i % 10 <> 0" };

export const SHAPES: readonly Shape[] = [
  IMAGES,
  NESTED,
  { ...NESTED, shape: "circles of ten, by referrers", isReferrer: "i % 10 = 9" },
  { ...IMAGES, shape: "10,000 tags on one", tagsOnOne: 10_000 },
];

/** The space of the seeded content. */
export const COLLECTED = "collected";

/** Starts with a rule that keeps few of the tags and covers the first repository. */
const BEGINNING = [
  `INSERT INTO spaces (id, name, created_at) VALUES (1, '${COLLECTED}', 0)`,
  "INSERT INTO repositories (id, space_id, path, created_at) VALUES (1, 1, 'images', 0), (2, 1, 'loose', 0), (3, 1, 'trash', 0)",
  `INSERT INTO retention_rules (id, space_id, name, repositories, keep, enabled, created_at)
   VALUES ('ret_1', 1, '', '["images"]', '{"newest":100,"previouslyDeployed":1}', 1, 0)`,
];

/** Returns an SQL expression for a number's digest, in an order that is not that of the numbers. */
const digest = (kind: string, number: string): string =>
  `'sha256:${kind}' || printf('%08x', ((${number}) * 2654435761) % 4294967296) || printf('%055d', ${number})`;

/** Rows in one statement. */
const AT_ONCE = 5000;

/** The numbers from ?1 to ?2. */
const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";

const blobs = (kind: string): string => `
  INSERT INTO blobs (digest, key, size, created_at)
  ${NUMBERS} SELECT ${digest(kind, "i")}, 'blobs/${kind}' || i, 100, 0 FROM n`;
const links = (kind: string, repository: number): string => `
  INSERT INTO repository_blobs (repository_id, digest, touched_at)
  ${NUMBERS} SELECT ${repository}, ${digest(kind, "i")}, 0 FROM n`;
const manifests = (table: string, repository: number, isReferrer: string, more: string, values: string): string => `
  INSERT INTO ${table} (id, repository_id, digest, media_type, size, body, subject, platforms, created_at${more})
  ${NUMBERS} SELECT ${repository} * 10000000 + i, ${repository}, ${digest("c", "i")}, 'application/x', 2, '{}',
    IIF(${isReferrer}, ${digest("c", "i - 9")}, NULL), '[]', 0${values} FROM n`;
/** Adds references: each manifest needs its own layer, and one that all share. */
const references = (table: string, repository: number): string => `
  INSERT INTO ${table} (repository_id, digest, manifest_id)
  ${NUMBERS} SELECT ${repository}, ${digest("a", "i")}, ${repository} * 10000000 + i FROM n
  UNION ALL SELECT ${repository}, ${digest("a", "1")}, ${repository} * 10000000 + i FROM n WHERE i > 1`;
const children = (isIndex: string): string => `
  INSERT INTO manifest_references (repository_id, digest, manifest_id)
  ${NUMBERS} SELECT 1, ${digest("c", "i - 1")}, 10000000 + i FROM n WHERE i > 1 AND ${isIndex}`;
/** Adds tags on the manifests that are there. */
const tags = (onOne: number): string => `
  INSERT OR IGNORE INTO tags (repository_id, name, digest, created_at, updated_at)
  ${NUMBERS} SELECT 1, 'tag' || i, m.digest, 0, 0 FROM n JOIN manifests m ON m.id = 10000000 + i
  UNION ALL SELECT 1, 'same' || i, (SELECT MIN(digest) FROM manifests WHERE repository_id = 1), 0, 0 FROM n WHERE i <= ${onOne}`;
/** Adds events and deliveries: each manifest was pushed and delivered. */
const EVENTS = `
  INSERT INTO events (id, space_id, repository_id, type, tag, digest, media_type, size, platforms, actor, registry, occurred_at, sent_at)
  ${NUMBERS} SELECT 'evt_' || printf('%032x', i), 1, 1, 'tag.created', 'tag' || i, ${digest("c", "i")},
    'application/x', 2, '[]', 'bench', 'localhost', 0, 0 FROM n`;
const DELIVERIES = `
  INSERT INTO deliveries (id, space_id, event_id, trigger_id, target_id, repository_id, tag, status, next_attempt_at, created_at, finished_at)
  ${NUMBERS} SELECT 'dlv_' || printf('%032x', i), 1, 'evt_' || printf('%032x', i), 'trg_1', 'tgt_1', 1, 'tag' || i, 'delivered', 0, 0, 0 FROM n`;

/** Fills a repository with `size` manifests of this shape, tagged and delivered. */
export async function seed(db: D1Database, size: number, { isIndex, isReferrer, tagsOnOne }: Shape): Promise<void> {
  await db.batch(BEGINNING.map((sql) => db.prepare(sql)));
  await fill(db, size, [
    blobs("a"),
    links("a", 1),
    manifests("manifests", 1, isReferrer, "", ""),
    references("manifest_references", 1),
    children(isIndex),
    tags(tagsOnOne),
    EVENTS,
    DELIVERIES,
  ]);
}

/**
 * Adds as many manifests in the trash, and as many blobs that nothing needs.
 * @param deletedAt the time of their deletion, in milliseconds
 */
export async function seedGarbage(db: D1Database, size: number, deletedAt: number): Promise<void> {
  await fill(db, size, [
    blobs("b"),
    links("b", 2),
    manifests("deleted_manifests", 3, "FALSE", ", tags, actor, deleted_at", `, '[]', 'bench', ${deletedAt}`),
    links("a", 3),
    references("deleted_references", 3),
  ]);
}

/** Makes the links and blobs of {@link seedGarbage} due. */
export async function markGarbage(db: D1Database): Promise<void> {
  const marking = [
    "UPDATE repository_blobs SET marked_at = 1 WHERE repository_id = 2",
    "UPDATE blobs SET marked_at = 1 WHERE digest NOT IN (SELECT digest FROM repository_blobs WHERE repository_id <> 2)",
  ];
  await db.batch(marking.map((sql) => db.prepare(sql)));
}

const REPOSITORIES = `
  INSERT INTO repositories (id, space_id, path, created_at)
  ${NUMBERS} SELECT 1000 + i, 1, 'grown/r' || printf('%08d', i), 0 FROM n`;
const SPACES = `
  INSERT INTO spaces (id, name, created_at) ${NUMBERS} SELECT 1000 + i, 'grown' || printf('%08d', i), 0 FROM n`;
const TOKENS = `
  INSERT INTO tokens (id, space_id, name, hash, actions, repositories, created_at)
  ${NUMBERS} SELECT 'tok_' || printf('%032x', i), 1, 'grown', printf('%064x', i), '["pull"]', '["**"]', 0 FROM n`;

/**
 * Grows everything from `from` to `to`, in the space and the repository with the id 1, which are there:
 * repositories, and in the one repository tags, manifests, blobs, its trash, events and deliveries; and,
 * beside the space, other spaces.
 */
export async function grow(db: D1Database, from: number, to: number): Promise<void> {
  const inTrash = manifests("deleted_manifests", 1, "FALSE", ", tags, actor, deleted_at", ", '[]', 'bench', 4e12");
  const statements = [
    SPACES,
    REPOSITORIES,
    TOKENS,
    blobs("a"),
    links("a", 1),
    manifests("manifests", 1, "i % 10 = 0", "", ""),
    references("manifest_references", 1),
    tags(0),
    EVENTS,
    DELIVERIES,
    inTrash.replaceAll("sha256:c", "sha256:d"),
  ];
  await fill(db, to, statements, from + 1);
}

/** Tags those of the `size` manifests that are there again. */
export async function tagAgain(db: D1Database, size: number, { tagsOnOne }: Shape): Promise<void> {
  await fill(db, size, [tags(tagsOnOne)]);
}

/** Adds rows from number `begin` to number `size`. */
async function fill(db: D1Database, size: number, statements: readonly string[], begin = 1): Promise<void> {
  for (const sql of statements) {
    for (let first = begin; first <= size; first += AT_ONCE) {
      await db
        .prepare(sql)
        .bind(first, Math.min(first + AT_ONCE - 1, size))
        .run();
    }
  }
}

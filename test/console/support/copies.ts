import { openDatabase } from "../../../harness/live/state.ts";

/**
 * Makes copies of a repository, past the server, which must have been stopped: to push ten thousand takes
 * minutes. They are called `<path>/0001` and so on; each is pushed a second before the one with the number
 * before it.
 * @param state the directory in which the server keeps everything
 */
export function copyRepository(state: string, space: string, path: string, copies: number): void {
  using database = openDatabase(state, "d1", "repositories", false);
  database.exec("BEGIN");
  for (const sql of COPIES) database.prepare(sql).run({ space, path, copies });
  database.exec("COMMIT");
}

const ORIGINAL = `
  SELECT r.* FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.path = :path WHERE s.name = :space`;
/** The copies with their numbers. */
const MADE = `
  SELECT r.id, CAST(substr(r.path, length(:path) + 2) AS INTEGER) AS number, o.id AS original
  FROM (${ORIGINAL}) o JOIN repositories r ON r.space_id = o.space_id AND r.id > o.id AND :copies > 0`;

/** Statements that insert the copies; triggers count them. */
const COPIES = [
  `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :copies)
   INSERT INTO repositories (space_id, path, created_at)
   SELECT o.space_id, o.path || printf('/%04d', n.i), o.created_at FROM (${ORIGINAL}) o JOIN n`,
  `INSERT INTO repository_blobs (repository_id, digest, touched_at)
   SELECT made.id, b.digest, b.touched_at FROM (${MADE}) made JOIN repository_blobs b ON b.repository_id = made.original`,
  `INSERT INTO manifests (repository_id, digest, media_type, size, body, artifact_type, platforms, created_at, content_size)
   SELECT made.id, m.digest, m.media_type, m.size, m.body, m.artifact_type, m.platforms, m.created_at, m.content_size
   FROM (${MADE}) made JOIN manifests m ON m.repository_id = made.original`,
  `INSERT INTO manifest_references (repository_id, digest, manifest_id)
   SELECT made.id, f.digest, copy.id FROM (${MADE}) made
   JOIN manifest_references f ON f.repository_id = made.original
   JOIN manifests m ON m.id = f.manifest_id
   JOIN manifests copy ON copy.repository_id = made.id AND copy.digest = m.digest`,
  `INSERT INTO tags (repository_id, name, digest, created_at, updated_at)
   SELECT made.id, t.name, t.digest, t.created_at, t.updated_at - made.number * 1000
   FROM (${MADE}) made JOIN tags t ON t.repository_id = made.original`,
];

import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

/** The first migration that is tried on a database with content. */
const FIRST = "0037";

const CONTENT = [
  `INSERT INTO spaces (id, name, created_at, deleted_at) VALUES (1, 'acme', 1, NULL), (2, 'gone', 1, 5)`,
  `INSERT INTO repositories (id, space_id, path, created_at, deleted_at, purge_begun_at)
   VALUES (1, 1, 'web', 1, NULL, NULL), (2, 1, 'old', 1, 4, 4), (3, 2, 'web', 1, 5, NULL), (4, 1, 'trashed', 1, 4, NULL)`,
  `INSERT INTO targets (id, space_id, name, type, url, config, secret, created_at, deleted_at)
   VALUES ('tgt_1', 1, 'hook', 'standard-webhook', 'https://a.example', '{}', 's', 1, NULL),
     ('tgt_2', 1, 'left', 'standard-webhook', 'https://b.example', '{}', NULL, 1, 3),
     ('tgt_3', 2, 'orphan', 'standard-webhook', 'https://c.example', '{}', 's', 1, NULL)`,
  `INSERT INTO triggers (id, space_id, name, match, targets, created_at) VALUES ('trg_3', 2, 'any', '{}', '[]', 1)`,
  `INSERT INTO retention_rules (id, space_id, name, repositories, keep, enabled, created_at)
   VALUES ('ret_2', 2, 'all', '["**"]', '{}', 1, 1)`,
  `INSERT INTO tokens (id, space_id, name, hash, actions, repositories, created_at) VALUES ('tok_1', 1, 'ci', 'h', '[]', '[]', 1)`,
  `INSERT INTO manifests (id, repository_id, digest, media_type, size, body, platforms, created_at)
   VALUES (1, 1, 'sha256:1', 'x', 2, '{}', '[]', 1)`,
  `INSERT INTO tags (repository_id, name, digest, created_at, updated_at) VALUES (1, '1.0', 'sha256:1', 1, 2)`,
  `INSERT INTO events (id, space_id, repository_id, type, tag, digest, media_type, size, platforms, actor, occurred_at, sent_at)
   VALUES ('evt_1', 1, 1, 'tag.created', '1.0', 'sha256:1', 'x', 2, '[]', 'tok_1', 1, 1),
     ('evt_2', 1, 1, 'tag.updated', '1.0', 'sha256:1', 'x', 2, '[]', 'tok_1', 2, 2)`,
  `INSERT INTO deployed (id, space_id, target_id, repository_id, tag, digest, delivery_id, deployed_at)
   VALUES (1, 1, 'tgt_1', 1, '1.0', 'sha256:1', 'dlv_1', 1), (2, 1, 'tgt_1', 1, 'stable', 'sha256:1', 'dlv_2', 2),
     (3, 1, 'tgt_1', 1, '1.1', 'sha256:2', 'dlv_3', 3), (4, 1, 'tgt_2', 1, '1.1', 'sha256:2', 'dlv_4', 4),
     (5, 1, 'tgt_1', 2, '1.1', 'sha256:2', 'dlv_5', 5), (6, 2, 'tgt_3', 3, '1.1', 'sha256:2', 'dlv_6', 6),
     (7, 1, 'tgt_1', 4, '1.1', 'sha256:2', 'dlv_7', 7)`,
];

async function column(sql: string): Promise<readonly unknown[]> {
  return (await env.DB.prepare(sql).raw()).map(([value]) => value);
}

beforeAll(async () => {
  await reset();
  await applyD1Migrations(
    env.DB,
    env.TEST_MIGRATIONS.filter(({ name }) => name < FIRST),
  );
  await env.DB.batch(CONTENT.map((sql) => env.DB.prepare(sql)));
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

describe("what was there before", () => {
  it("counts as deployed by target and repository, where these are there", async () => {
    expect(await column("SELECT delivery_id FROM deployed ORDER BY id")).toEqual(["dlv_2", "dlv_3", "dlv_7"]);
  });

  it("of targets deploys, as long as nobody says otherwise", async () => {
    expect(await column("SELECT deploys FROM targets WHERE deleted_at IS NULL")).toEqual([1]);
  });

  it("in a space that was deleted is deleted with it, its secrets too", async () => {
    expect(await column("SELECT id FROM targets WHERE deleted_at IS NOT NULL ORDER BY id")).toEqual(["tgt_2", "tgt_3"]);
    expect(await column("SELECT id FROM targets WHERE secret IS NOT NULL")).toEqual(["tgt_1"]);
    expect(await column("SELECT deleted_at FROM triggers")).toEqual([5]);
    expect(await column("SELECT id FROM retention_rules")).toEqual([]);
  });

  it("tells who set a tag, when the token has gone", async () => {
    expect(await column("SELECT actor_name FROM events ORDER BY id")).toEqual([null, "ci"]);
  });
});

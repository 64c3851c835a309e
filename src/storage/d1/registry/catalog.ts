import { z } from "zod";
import { RegistryError } from "../../../oci/errors.ts";
import type { RepositoryName } from "../../../oci/name.ts";
import type { RepositoryFacts, RepositoryStore } from "../../../registry/stores.ts";
import { listCovered } from "../covered.ts";
import { runGated } from "../gate.ts";
import { type D1Reader, readReplicaFirst } from "../reader.ts";
import { firstRow, isEmpty, rows } from "../rows.ts";

const CATALOG = `
  SELECT r.path FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.deleted_at IS NULL
  WHERE s.id = ?1 AND s.deleted_at IS NULL AND r.path >= ?2 AND r.path < ?3
  ORDER BY r.path LIMIT ?4`;

const CREDENTIAL_LIVE = `
  SELECT 1 AS live FROM tokens WHERE id = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)`;

const LOOK_UP = `
  SELECT r.id AS repository_id, (s.public = 1 OR COALESCE(r.public, 0) = 1) AS is_public
  FROM spaces s LEFT JOIN repositories r ON r.space_id = s.id AND r.path = ?2 AND r.deleted_at IS NULL
  WHERE s.name = ?1 AND s.deleted_at IS NULL`;

/** ?8: a host. */
const STANDS_FOR = `
  SELECT 1 FROM spaces s, json_each(s.namespaces) one WHERE s.name = ?1 AND s.deleted_at IS NULL AND one.value = ?8`;

const factsRow = z.object({ repository_id: z.int().nullable(), is_public: z.int() });
const pathRow = z.object({ path: z.string() });

/** @param replica see {@link readReplicaFirst}. */
export function d1Repositories(db: D1Database, replica: D1Reader | null): RepositoryStore {
  return {
    async catalog(grant, { limit, last }) {
      const after = pathAfter(grant.space, last);
      if (after === null) return { entries: [], next: null };
      const { entries, next } = await listCovered(
        grant.repositories,
        { limit, last: after },
        async (from, before, wanted) => {
          const [live, found] = await db.batch([
            db.prepare(CREDENTIAL_LIVE).bind(grant.credentialId, Date.now()),
            db.prepare(CATALOG).bind(grant.spaceId, from, before, wanted),
          ]);
          if (isEmpty(live)) throw new RegistryError("TOKEN_INVALID");
          return rows(pathRow, found);
        },
      );
      const fullName = (path: string): string => `${grant.space}/${path}`;
      return { entries: entries.map(({ path }) => fullName(path)), next: next === null ? null : fullName(next) };
    },

    async standsFor(grant, host) {
      const { results } = await runGated(db, grant, [{ sql: STANDS_FOR, values: [host] }]);
      return !isEmpty(results[0]);
    },

    async lookUp(names) {
      if (names.length === 0) return [];
      return readReplicaFirst(
        db,
        replica,
        (from) => factsOf(from, names),
        (facts) => facts.every(({ repositoryId }) => repositoryId !== null),
      );
    },
  };
}

async function factsOf(db: D1Reader, names: readonly RepositoryName[]): Promise<readonly RepositoryFacts[]> {
  const results = await db.batch(names.map(({ space, path }) => db.prepare(LOOK_UP).bind(space, path)));
  return names.map((name, index) => {
    const row = firstRow(factsRow, results[index]);
    return { name, repositoryId: row?.repository_id ?? null, isPublic: row?.is_public === 1 };
  });
}

/** Where in the space's paths the list goes on after `last`, which may be any text; null: past all of them. */
function pathAfter(space: string, last: string | null): string | null {
  const prefix = `${space}/`;
  if (last === null || last < prefix) return "";
  return last.startsWith(prefix) ? last.slice(prefix.length) : null;
}

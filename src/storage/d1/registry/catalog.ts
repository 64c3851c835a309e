import * as z from "zod";
import { RegistryError } from "../../../oci/errors.ts";
import type { RepositoryName } from "../../../oci/name.ts";
import type { RepositoryFacts, RepositoryStore } from "../../../registry/stores.ts";
import { listCovered } from "../covered.ts";
import { CREDENTIAL_LIVE, runGated } from "../gate.ts";
import { type D1Reader, readReplicaFirst } from "../reader.ts";
import { firstRow, isEmpty, rows } from "../rows.ts";
import { runAll, runList, sharing } from "../statement.ts";

const CATALOG = `
  SELECT r.path FROM spaces s JOIN repositories r ON r.space_id = s.id AND r.deleted_at IS NULL
  WHERE s.id = :spaceId AND s.deleted_at IS NULL AND r.path >= :from AND r.path < :before
  ORDER BY r.path LIMIT :limit`;

const LIVE = `SELECT 1 WHERE ${CREDENTIAL_LIVE}`;

const LOOK_UP = `
  SELECT r.id AS repository_id, (s.public = 1 OR COALESCE(r.public, 0) = 1) AS is_public
  FROM spaces s LEFT JOIN repositories r ON r.space_id = s.id AND r.path = :path AND r.deleted_at IS NULL
  WHERE s.name = :space AND s.deleted_at IS NULL`;

const STANDS_FOR = `
  SELECT 1 FROM spaces s, json_each(s.namespaces) one WHERE s.name = :space AND s.deleted_at IS NULL AND one.value = :host`;

const factsRow = z.object({ repository_id: z.int().nullable(), is_public: z.int() });
const pathRow = z.object({ path: z.string() });

/** Finds and lists repositories, in D1. @param replica see {@link readReplicaFirst} */
export function d1Repositories(db: D1Database, replica: D1Reader | null): RepositoryStore {
  return {
    async catalog(grant, { limit, last }) {
      const after = pathAfter(grant.space, last);
      if (after === null) return { entries: [], next: null };
      const { entries, next } = await listCovered(
        grant.repositories,
        { limit, last: after },
        async (from, before, wanted) => {
          const { spaceId, credentialId } = grant;
          const values = { spaceId, credentialId, now: Date.now(), from, before, limit: wanted };
          const { live, paths } = await runAll(db, sharing(values, { live: LIVE, paths: CATALOG }));
          if (isEmpty(live)) throw new RegistryError("TOKEN_INVALID");
          return rows(pathRow, paths);
        },
      );
      const fullName = (path: string): string => `${grant.space}/${path}`;
      return { entries: entries.map(({ path }) => fullName(path)), next: next === null ? null : fullName(next) };
    },

    async standsFor(grant, host) {
      const { results } = await runGated(db, grant, { namespace: { sql: STANDS_FOR, values: { host } } });
      return !isEmpty(results.namespace);
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
  const statements = names.map(({ space, path }) => ({ sql: LOOK_UP, values: { space, path } }));
  const results = await runList(db, statements);
  return names.map((name, index) => {
    const row = firstRow(factsRow, results[index]);
    return { name, repositoryId: row?.repository_id ?? null, isPublic: row?.is_public === 1 };
  });
}

/** Returns the place in the space's paths where the list goes on after `last`, which may be any text; null if that is past all of them. */
function pathAfter(space: string, last: string | null): string | null {
  const prefix = `${space}/`;
  if (last === null || last < prefix) return "";
  return last.startsWith(prefix) ? last.slice(prefix.length) : null;
}

import * as z from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { TagStore } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { rows } from "../rows.ts";

const tagRow = z.object({ name: z.string() });

const LIST_TAGS = `SELECT name FROM tags WHERE repository_id = ${REPOSITORY} AND name > :last ORDER BY name LIMIT :limit`;

export function d1Tags(db: D1Database): TagStore {
  return {
    async list(grant, { limit, last }) {
      const { facts, results } = await runGated(db, grant, {
        tags: { sql: LIST_TAGS, values: { last: last ?? "", limit: limit + 1 } },
      });
      if (facts.repositoryId === null) return null;
      const names = rows(tagRow, results.tags).map(({ name }) => name);
      return pageOf(names, limit);
    },
  };
}

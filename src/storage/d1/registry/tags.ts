import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import type { TagStore } from "../../../registry/stores.ts";
import { REPOSITORY, runGated } from "../gate.ts";
import { rows } from "../rows.ts";

const tagRow = z.object({ name: z.string() });

const LIST_TAGS = `SELECT name FROM tags WHERE repository_id = ${REPOSITORY} AND name > ?8 ORDER BY name LIMIT ?9`;

export function d1Tags(db: D1Database): TagStore {
  return {
    async list(grant, { limit, last }) {
      const { facts, results } = await runGated(db, grant, [{ sql: LIST_TAGS, values: [last ?? "", limit + 1] }]);
      if (facts.repositoryId === null) return null;
      const names = rows(tagRow, results[0]).map(({ name }) => name);
      return pageOf(names, limit);
    },
  };
}

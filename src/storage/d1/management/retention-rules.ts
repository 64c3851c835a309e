import { z } from "zod";
import { pageOf } from "../../../oci/page.ts";
import {
  MAX_RULES,
  retentionKeep,
  type RetentionRule,
  type RetentionRuleStore,
} from "../../../management/retention.ts";
import { firstRow, isEmpty, listWithin, textsColumn } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "./spaces.ts";

const COLUMNS = "id, name, repositories, keep, enabled, created_at";
const IN_SPACE = `space_id = ${LIVE_SPACE} AND id = ?2`;

const CREATE = `
  INSERT INTO retention_rules (id, space_id, name, repositories, keep, enabled, created_at)
  SELECT ?2, space_id, ?3, ?4, ?5, ?6, ?7 FROM (SELECT ${LIVE_SPACE} AS space_id)
  WHERE space_id IS NOT NULL
    AND (SELECT COUNT(*) FROM retention_rules WHERE space_id = ${LIVE_SPACE}) < ${MAX_RULES}`;
const FIND = `SELECT ${COLUMNS} FROM retention_rules WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${COLUMNS} FROM retention_rules WHERE space_id = ${LIVE_SPACE} AND id > ?2 ORDER BY id LIMIT ?3`;
const UPDATE = `UPDATE retention_rules SET name = ?3, repositories = ?4, keep = ?5, enabled = ?6 WHERE ${IN_SPACE}`;
const DELETE = `DELETE FROM retention_rules WHERE ${IN_SPACE}`;

/** What a rule keeps, as its column has it. */
export const keepColumn = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(retentionKeep);

const ruleRow = z.object({
  id: z.string(),
  name: z.string(),
  repositories: textsColumn,
  keep: keepColumn,
  enabled: z.int(),
  created_at: z.int(),
});

export function d1RetentionRules(db: D1Database): RetentionRuleStore {
  const changes = async (sql: string, ...values: readonly (string | number)[]): Promise<boolean> => {
    const statement = db.prepare(sql).bind(...values);
    return (await statement.run()).meta.changes > 0;
  };
  return {
    async create({ space }, rule) {
      const [found, created] = await db.batch([
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(CREATE).bind(space, ...columnsOf(rule), rule.createdAt),
      ]);
      if (isEmpty(found)) return "absent";
      return (created?.meta.changes ?? 0) > 0 ? "created" : "full";
    },

    async find({ space }, id) {
      const row = firstRow(ruleRow, await db.prepare(FIND).bind(space, id).all());
      return row && ruleFromRow(row);
    },

    async list({ space }, { limit, last }) {
      const rules = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? "", limit + 1),
        ruleRow,
      );
      return rules && pageOf(rules.map(ruleFromRow), limit);
    },

    update: ({ space }, rule) => changes(UPDATE, space, ...columnsOf(rule)),
    delete: ({ space }, id) => changes(DELETE, space, id),
  };
}

function columnsOf({ id, name, repositories, keep, enabled }: RetentionRule): readonly (string | number)[] {
  return [id, name, JSON.stringify(repositories), JSON.stringify(keep), Number(enabled)];
}

function ruleFromRow({ enabled, created_at: createdAt, ...rule }: z.infer<typeof ruleRow>): RetentionRule {
  return { ...rule, enabled: enabled === 1, createdAt };
}

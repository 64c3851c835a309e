import * as z from "zod";
import type { SpaceGrant } from "../../../auth/space-grant.ts";
import { pageOf } from "../../../oci/page.ts";
import {
  MAX_RULES,
  retentionKeep,
  type RetentionRule,
  type RetentionRuleStore,
} from "../../../management/retention.ts";
import { firstRow, rows, textsColumn } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import type { Values } from "../statement.ts";

const COLUMNS = "id, name, repositories, keep, enabled, created_at";
const IN_SPACE = `space_id = ${SPACE} AND id = :id`;

const CREATE = `
  INSERT INTO retention_rules (id, space_id, name, repositories, keep, enabled, created_at)
  SELECT :id, s.id, :name, :repositories, :keep, :enabled, :createdAt FROM spaces s
  WHERE s.id = ${SPACE} AND (SELECT COUNT(*) FROM retention_rules r WHERE r.space_id = s.id) < ${MAX_RULES}`;
const FIND = `SELECT ${COLUMNS} FROM retention_rules WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${COLUMNS} FROM retention_rules WHERE space_id = ${SPACE} AND id > :after ORDER BY id LIMIT :limit`;
const UPDATE = `
  UPDATE retention_rules SET name = :name, repositories = :repositories, keep = :keep, enabled = :enabled WHERE ${IN_SPACE}`;
const DELETE = `DELETE FROM retention_rules WHERE ${IN_SPACE}`;

/** The column that tells which content a rule keeps. */
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
  const ask = async (grant: SpaceGrant, sql: string, values: Values): Promise<D1Result> =>
    (await runInSpace(db, grant, { rules: { sql, values } })).rules;
  const changes = async (grant: SpaceGrant, sql: string, values: Values): Promise<boolean> =>
    (await ask(grant, sql, values)).meta.changes > 0;
  return {
    create: (grant, rule) => changes(grant, CREATE, { ...columnsOf(rule), createdAt: rule.createdAt }),

    async find(grant, id) {
      const row = firstRow(ruleRow, await ask(grant, FIND, { id }));
      return row && ruleFromRow(row);
    },

    async list(grant, { limit, last }) {
      const found = rows(ruleRow, await ask(grant, LIST, { after: last ?? "", limit: limit + 1 }));
      return pageOf(found.map(ruleFromRow), limit);
    },

    update: (grant, rule) => changes(grant, UPDATE, columnsOf(rule)),
    delete: (grant, id) => changes(grant, DELETE, { id }),
  };
}

function columnsOf({ id, name, repositories, keep, enabled }: RetentionRule): Values {
  return { id, name, repositories: JSON.stringify(repositories), keep: JSON.stringify(keep), enabled: Number(enabled) };
}

function ruleFromRow({ enabled, created_at: createdAt, ...rule }: z.infer<typeof ruleRow>): RetentionRule {
  return { ...rule, enabled: enabled === 1, createdAt };
}

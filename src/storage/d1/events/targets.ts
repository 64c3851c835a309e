import { z } from "zod";
import type { OpenTarget, Target, TargetStore } from "../../../events/stores.ts";
import { pageOf } from "../../../oci/page.ts";
import type { SecretBox } from "../../secret-box.ts";
import { CANCEL_PENDING_OF } from "./cancel.ts";
import { change, firstRow, jsonOrNull, listWithin, rows } from "../rows.ts";
import { FIND_SPACE, LIVE_SPACE } from "../management/spaces.ts";

/** Condition: the row's target deploys what it gets. */
export const DEPLOYS = (row: string): string =>
  `EXISTS (SELECT 1 FROM targets g WHERE g.id = ${row}.target_id AND g.deploys = 1)`;

const TARGET_COLUMNS =
  "id, name, type, url, config, deploys, secret IS NOT NULL AS has_secret, enabled, disabled_reason, failing_since, created_at";
export const OPEN_COLUMNS = `${TARGET_COLUMNS}, sealed_url, secret, previous_secret, previous_until`;
const IN_SPACE = `space_id = ${LIVE_SPACE} AND id = ?2 AND deleted_at IS NULL`;

const CREATE = `
  INSERT INTO targets (id, space_id, name, type, url, sealed_url, config, secret, created_at, deploys)
  SELECT ?2, space_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM (SELECT ${LIVE_SPACE} AS space_id) WHERE space_id IS NOT NULL`;
const FIND = `SELECT ${TARGET_COLUMNS} FROM targets WHERE ${IN_SPACE}`;
const OPEN = `SELECT ${OPEN_COLUMNS} FROM targets WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${TARGET_COLUMNS} FROM targets WHERE space_id = ${LIVE_SPACE} AND id > ?2 AND deleted_at IS NULL
  ORDER BY id LIMIT ?3`;
const SET_ENABLED = `UPDATE targets SET enabled = ?3, disabled_reason = NULL, failing_since = NULL WHERE ${IN_SPACE}`;
/** ?4 null: the address stays; ?7 0: the secret does. A secret that stays never meets a new address, whatever else changes meanwhile. */
const UPDATE = `
  UPDATE targets SET name = COALESCE(?3, name), url = COALESCE(?4, url), sealed_url = IIF(?4 IS NULL, sealed_url, ?5),
    config = COALESCE(?6, config), deploys = COALESCE(?9, deploys), secret = IIF(?7, ?8, secret), previous_secret = IIF(?7, NULL, previous_secret),
    previous_until = IIF(?7, NULL, previous_until),
    failing_since = IIF(?4 IS NULL AND ?6 IS NULL AND NOT ?7, failing_since, NULL)
  WHERE ${IN_SPACE} AND (?4 IS NULL OR ?7 OR secret IS NULL)`;
const ROTATE = `UPDATE targets SET previous_secret = secret, previous_until = ?4, secret = ?3 WHERE ${IN_SPACE}`;
const DELETE = `UPDATE targets SET deleted_at = ?3, sealed_url = NULL, secret = NULL, previous_secret = NULL WHERE ${IN_SPACE}`;
const KNOWN = `
  SELECT t.id FROM json_each(?2) wanted JOIN targets t ON t.id = wanted.value
  WHERE t.space_id = ${LIVE_SPACE} AND t.deleted_at IS NULL`;

const targetRow = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  url: z.string(),
  config: z.string(),
  deploys: z.int(),
  has_secret: z.int(),
  enabled: z.int(),
  disabled_reason: z.string().nullable(),
  failing_since: z.int().nullable(),
  created_at: z.int(),
});

export const openRow = targetRow.extend({
  sealed_url: z.string().nullable(),
  secret: z.string().nullable(),
  previous_secret: z.string().nullable(),
  previous_until: z.int().nullable(),
});

const idRow = z.object({ id: z.string() });

/** @param box keeps the secrets; each is tied to its target's id. */
export function d1Targets(db: D1Database, box: SecretBox): TargetStore {
  const changes = async (sql: string, ...values: readonly (string | number | null)[]): Promise<boolean> => {
    const statement = db.prepare(sql).bind(...values);
    return (await statement.run()).meta.changes > 0;
  };
  return {
    async create({ space }, { id, name, type, url, config, deploys, createdAt }, address, secret) {
      const sealed = secret === null ? null : await box.seal(secret, id);
      const sealedUrl = address === url ? null : await box.seal(address, addressOf(id));
      const text = JSON.stringify(config);
      return changes(CREATE, space, id, name, type, url, sealedUrl, text, sealed, createdAt, Number(deploys));
    },

    async open({ space }, id) {
      const row = firstRow(openRow, await db.prepare(OPEN).bind(space, id).all());
      return row && openTarget(box, row);
    },

    async find({ space }, id) {
      const row = firstRow(targetRow, await db.prepare(FIND).bind(space, id).all());
      return row && targetFromRow(row);
    },

    async list({ space }, { limit, last }) {
      const targets = await listWithin(
        db,
        db.prepare(FIND_SPACE).bind(space),
        db.prepare(LIST).bind(space, last ?? "", limit + 1),
        targetRow,
      );
      return targets && pageOf(targets.map(targetFromRow), limit);
    },

    async update({ space }, id, { name = null, address, config, deploys, secret }) {
      const isSealed = address !== undefined && address.whole !== address.shown;
      const sealedUrl = isSealed ? await box.seal(address.whole, addressOf(id)) : null;
      const [changesSecret, given] = change(secret);
      const sealed = given === null ? null : await box.seal(given, id);
      return changes(
        UPDATE,
        space,
        id,
        name,
        address?.shown ?? null,
        sealedUrl,
        jsonOrNull(config),
        changesSecret,
        sealed,
        deploys === undefined ? null : Number(deploys),
      );
    },

    setEnabled: ({ space }, id, enabled) => changes(SET_ENABLED, space, id, enabled ? 1 : 0),

    async rotateSecret({ space }, id, secret, previousUntil) {
      return changes(ROTATE, space, id, await box.seal(secret, id), previousUntil);
    },

    async delete({ space }, id, by) {
      const [deleted] = await db.batch([
        db.prepare(DELETE).bind(space, id, Date.now()),
        db.prepare(CANCEL_PENDING_OF.target).bind(space, id, by, "the target was deleted", Date.now()),
      ]);
      return (deleted?.meta.changes ?? 0) > 0;
    },

    async known({ space }, ids) {
      return rows(idRow, await db.prepare(KNOWN).bind(space, JSON.stringify(ids)).all()).map(({ id }) => id);
    },
  };
}

function targetFromRow(row: z.infer<typeof targetRow>): Target {
  const config: unknown = JSON.parse(row.config);
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    url: row.url,
    config,
    deploys: row.deploys === 1,
    hasSecret: row.has_secret === 1,
    enabled: row.enabled === 1,
    disabledReason: row.disabled_reason,
    failingSince: row.failing_since,
    createdAt: row.created_at,
  };
}

export async function openTarget(box: SecretBox, row: z.infer<typeof openRow>): Promise<OpenTarget> {
  const open = async (sealed: string | null, context: string): Promise<string | null> =>
    sealed === null ? null : box.open(sealed, context);
  return {
    target: targetFromRow(row),
    address: (await open(row.sealed_url, addressOf(row.id))) ?? row.url,
    secrets: {
      current: await open(row.secret, row.id),
      previous: await open(row.previous_secret, row.id),
      previousUntil: row.previous_until,
    },
  };
}

/** An address and a secret cannot stand for each other. */
function addressOf(id: string): string {
  return `${id} address`;
}

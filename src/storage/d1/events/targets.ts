import * as z from "zod";
import type { SpaceGrant } from "../../../auth/space-grant.ts";
import type { OpenTarget, Target, TargetStore } from "../../../events/target-store.ts";
import { pageOf } from "../../../oci/page.ts";
import type { SecretBox } from "../../secret-box.ts";
import { CANCEL_PENDING_OF } from "./cancel.ts";
import { firstRow, given, jsonOrNull, rows } from "../rows.ts";
import { runInSpace, SPACE } from "../space-gate.ts";
import { hasWritten, type Values } from "../statement.ts";

/** Returns a condition: the row's target deploys what it is given. */
export const deploys = (row: string): string =>
  `EXISTS (SELECT 1 FROM targets g WHERE g.id = ${row}.target_id AND g.deploys = 1)`;

const TARGET_COLUMNS =
  "id, name, type, url, config, deploys, secret IS NOT NULL AS has_secret, enabled, disabled_reason, failing_since, created_at";
export const OPEN_COLUMNS = `${TARGET_COLUMNS}, sealed_url, secret, previous_secret, previous_until`;
const IN_SPACE = `space_id = ${SPACE} AND id = :id AND deleted_at IS NULL`;

const CREATE = `
  INSERT INTO targets (id, space_id, name, type, url, sealed_url, config, secret, created_at, deploys)
  SELECT :id, space_id, :name, :type, :url, :sealedUrl, :config, :secret, :createdAt, :deploys FROM (SELECT ${SPACE} AS space_id) WHERE space_id IS NOT NULL`;
const FIND = `SELECT ${TARGET_COLUMNS} FROM targets WHERE ${IN_SPACE}`;
const OPEN = `SELECT ${OPEN_COLUMNS} FROM targets WHERE ${IN_SPACE}`;
const LIST = `
  SELECT ${TARGET_COLUMNS} FROM targets WHERE space_id = ${SPACE} AND id > :after AND deleted_at IS NULL
  ORDER BY id LIMIT :limit`;
const SET_ENABLED = `UPDATE targets SET enabled = :enabled, disabled_reason = NULL, failing_since = NULL WHERE ${IN_SPACE}`;
/** Changes a target. Without `:url` the address stays. A secret that stays never meets a new address, whatever else changes meanwhile. */
const UPDATE = `
  UPDATE targets SET name = COALESCE(:name, name), url = COALESCE(:url, url), sealed_url = IIF(:url IS NULL, sealed_url, :sealedUrl),
    config = COALESCE(:config, config), deploys = COALESCE(:deploys, deploys), secret = IIF(:secretGiven, :secret, secret),
    previous_secret = IIF(:secretGiven, NULL, previous_secret), previous_until = IIF(:secretGiven, NULL, previous_until),
    failing_since = IIF(:url IS NULL AND :config IS NULL AND NOT :secretGiven, failing_since, NULL)
  WHERE ${IN_SPACE} AND (:url IS NULL OR :secretGiven OR secret IS NULL)`;
const ROTATE = `UPDATE targets SET previous_secret = secret, previous_until = :previousUntil, secret = :secret WHERE ${IN_SPACE}`;
const DELETE = `UPDATE targets SET deleted_at = :now, sealed_url = NULL, secret = NULL, previous_secret = NULL WHERE ${IN_SPACE}`;
const KNOWN = `
  SELECT t.id FROM json_each(:ids) wanted JOIN targets t ON t.id = wanted.value
  WHERE t.space_id = ${SPACE} AND t.deleted_at IS NULL`;

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

/** Stores targets, in D1. @param box keeps the secrets; each is tied to its target's id */
export function d1Targets(db: D1Database, box: SecretBox): TargetStore {
  const ask = async (grant: SpaceGrant, sql: string, values: Values): Promise<D1Result> =>
    (await runInSpace(db, grant, { targets: { sql, values } })).targets;
  const changes = async (grant: SpaceGrant, sql: string, values: Values): Promise<boolean> =>
    hasWritten(await ask(grant, sql, values));
  return {
    async create(grant, { id, name, type, url, config, deploys: isDeploying, createdAt }, address, plainSecret) {
      const secret = plainSecret === null ? null : await box.seal(plainSecret, id);
      const sealedUrl = address === url ? null : await box.seal(address, addressOf(id));
      const settings = { config: JSON.stringify(config), deploys: Number(isDeploying) };
      await ask(grant, CREATE, { id, name, type, url, sealedUrl, ...settings, secret, createdAt });
    },

    async open(grant, id) {
      const row = firstRow(openRow, await ask(grant, OPEN, { id }));
      return row && openTarget(box, row);
    },

    async find(grant, id) {
      const row = firstRow(targetRow, await ask(grant, FIND, { id }));
      return row && targetFromRow(row);
    },

    async list(grant, { limit, last }) {
      const targets = rows(targetRow, await ask(grant, LIST, { after: last ?? "", limit: limit + 1 }));
      return pageOf(targets.map(targetFromRow), limit);
    },

    async update(grant, id, { name = null, address, config, deploys: isDeploying, secret }) {
      const isSealed = address !== undefined && address.whole !== address.shown;
      return changes(grant, UPDATE, {
        id,
        name,
        url: address?.shown ?? null,
        sealedUrl: isSealed ? await box.seal(address.whole, addressOf(id)) : null,
        config: jsonOrNull(config),
        ...given("secret", secret && (await box.seal(secret, id))),
        deploys: isDeploying === undefined ? null : Number(isDeploying),
      });
    },

    setEnabled: (grant, id, enabled) => changes(grant, SET_ENABLED, { id, enabled: Number(enabled) }),

    async rotateSecret(grant, id, secret, previousUntil) {
      return changes(grant, ROTATE, { id, secret: await box.seal(secret, id), previousUntil });
    },

    async delete(grant, id, by) {
      const { deletion } = await runInSpace(db, grant, {
        deletion: { sql: DELETE, values: { id } },
        cancellation: { sql: CANCEL_PENDING_OF.target, values: { id, by, deed: "the target was deleted" } },
      });
      return hasWritten(deletion);
    },

    async known(grant, ids) {
      return rows(idRow, await ask(grant, KNOWN, { ids: JSON.stringify(ids) })).map(({ id }) => id);
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

/** Returns the context that an address is sealed with, so that it and a secret cannot stand for each other. */
function addressOf(id: string): string {
  return `${id} address`;
}

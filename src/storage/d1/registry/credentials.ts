import * as z from "zod";
import { CREDENTIAL_ACTIONS, type Credential } from "../../../auth/credential.ts";
import type { CredentialStore } from "../../../registry/stores.ts";
import { type D1Reader, readReplicaFirst } from "../reader.ts";
import { firstRow } from "../rows.ts";
import { run } from "../statement.ts";

/** Milliseconds after a noted use before the next one is noted: writes cost more than reads. */
const USE_NOTED_EVERY = 3_600_000;

const liveWhere = (condition: string): string => `
  SELECT t.id, t.name, t.space_id, s.name AS space, t.actions, t.repositories, t.expires_at, t.last_used_at
  FROM tokens t JOIN spaces s ON s.id = t.space_id AND s.deleted_at IS NULL
  WHERE ${condition} AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > :now)`;

const CREDENTIAL_BY_HASH = liveWhere("t.hash = :value");
const CREDENTIAL_BY_ID = liveWhere("t.id = :value");
const NOTE_USE = "UPDATE tokens SET last_used_at = :now WHERE id = :id";

const credentialRow = z.object({
  id: z.string(),
  name: z.string(),
  space_id: z.int(),
  space: z.string(),
  actions: z.string(),
  repositories: z.string(),
  expires_at: z.int().nullable(),
  last_used_at: z.int().nullable(),
});

const actionsColumn = z.array(z.enum(CREDENTIAL_ACTIONS));
const repositoriesColumn = z.array(z.string());

/**
 * Finds credentials, in D1.
 * @param replica see {@link readReplicaFirst}
 * @param later runs work that the answer need not wait for
 */
export function d1Credentials(
  db: D1Database,
  replica: D1Reader | null,
  later: (work: Promise<unknown>) => void,
): CredentialStore {
  async function find(from: D1Reader, sql: string, value: string): Promise<Credential | null> {
    const now = Date.now();
    const row = firstRow(credentialRow, await run(from, sql, { value, now }));
    if (row === null) return null;
    if ((row.last_used_at ?? 0) < now - USE_NOTED_EVERY) later(run(db, NOTE_USE, { id: row.id, now }));
    return {
      id: row.id,
      name: row.name,
      spaceId: row.space_id,
      space: row.space,
      ...parseRights(row),
      expiresAt: row.expires_at,
    };
  }
  const findInReplicaFirst = (sql: string, value: string): Promise<Credential | null> =>
    readReplicaFirst(
      db,
      replica,
      (from) => find(from, sql, value),
      (found) => found !== null,
    );
  return {
    findByHash: (hash) => find(db, CREDENTIAL_BY_HASH, hash),
    findById: (id) => find(db, CREDENTIAL_BY_ID, id),
    findByHashForToken: (hash) => findInReplicaFirst(CREDENTIAL_BY_HASH, hash),
    findByIdForToken: (id) => findInReplicaFirst(CREDENTIAL_BY_ID, id),
  };
}

/** Reads the JSON columns of a token. */
export function parseRights(row: {
  actions: string;
  repositories: string;
}): Pick<Credential, "actions" | "repositories"> {
  return {
    actions: actionsColumn.parse(JSON.parse(row.actions)),
    repositories: repositoriesColumn.parse(JSON.parse(row.repositories)),
  };
}

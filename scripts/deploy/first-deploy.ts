import * as z from "zod";
import type { Api } from "./api.ts";
import { query } from "./database.ts";
import { Problem } from "./problem.ts";

/**
 * A table with at most one row in the new database: the secrets file of the first deployment. Two first deployments
 * that begin at once would each bring their own secrets, and the later secrets would replace those that the earlier one
 * has shown. The end of the first deployment drops the table.
 */
export const CLAIMS = "first_deploy";

const claim = z.object({ id: z.string(), begun_at: z.string() });
export type Claimant = z.infer<typeof claim>;

/** Claims the first deployment. Ends the command if another one has it. */
export async function claimFirstDeploy(
  api: Api,
  account: string,
  databaseId: string,
  id: string,
  takeOver: boolean,
): Promise<void> {
  const insert = takeOver ? "INSERT OR REPLACE" : "INSERT OR IGNORE";
  const at = new Date().toISOString();
  for (const sql of [
    `CREATE TABLE IF NOT EXISTS ${CLAIMS} (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, begun_at TEXT NOT NULL)`,
    `${insert} INTO ${CLAIMS} (one, id, begun_at) VALUES (1, '${id}', '${at}')`,
  ])
    await query(api, account, databaseId, sql);
  const found = await claimantOf(api, account, databaseId);
  if (found?.id !== id)
    throw new Problem(
      `another first deployment of this registry was begun at ${found?.begun_at ?? "this moment"}, with another secrets file. Wait until it has ended, or run the command where that file is. If it was given up and its file is lost, add --take-over`,
    );
}

/** Returns the claimant of the first deployment. Throws if the table does not exist. */
export async function claimantOf(api: Api, account: string, databaseId: string): Promise<Claimant | null> {
  const [row] = await query(api, account, databaseId, `SELECT id, begun_at FROM ${CLAIMS}`);
  return row === undefined ? null : claim.parse(row);
}

/** Drops the claim. From now on the Worker itself shows that it has been deployed. */
export async function releaseFirstDeploy(api: Api, account: string, databaseId: string): Promise<void> {
  await query(api, account, databaseId, `DROP TABLE IF EXISTS ${CLAIMS}`);
}

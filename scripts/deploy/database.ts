import * as z from "zod";
import type { Api } from "./api.ts";

const results = z.array(z.looseObject({ results: z.array(z.unknown()).default([]) }));

/** Runs SQL in the account's database. Returns the rows of the last statement. */
export async function query(api: Api, account: string, databaseId: string, sql: string): Promise<readonly unknown[]> {
  const path = `/accounts/${account}/d1/database/${databaseId}/query`;
  return results.parse(await api.call(path, { method: "POST", body: { sql } })).at(-1)?.results ?? [];
}

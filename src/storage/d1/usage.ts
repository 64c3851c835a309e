import * as z from "zod";
import { fullError, measureOf, type Usage } from "../../registry/usage.ts";

/** Columns of a space that triggers maintain (migration 0023), and the bytes of open uploads, which they do not. */
export const USAGE_COLUMNS = `bytes, repositories, max_bytes, max_repositories,
  (SELECT COALESCE(SUM(u.bytes), 0) FROM open_uploads u WHERE u.space_id = spaces.id AND u.bytes > 0) AS open_bytes`;

export const usageRow = z.object({
  bytes: z.int(),
  repositories: z.int(),
  open_bytes: z.int(),
  max_bytes: z.int().nullable(),
  max_repositories: z.int().nullable(),
});

/** Stands in for the usage of a space that does not exist: the request is refused for that reason. */
const NO_USAGE = { bytes: 0, repositories: 0, open_bytes: 0, max_bytes: null, max_repositories: null };

export function usageFromRow(row: z.infer<typeof usageRow> | null): Usage {
  const { bytes, repositories, open_bytes: openBytes, ...limits } = row ?? NO_USAGE;
  return { bytes, repositories, openBytes, quota: { bytes: limits.max_bytes, repositories: limits.max_repositories } };
}

/** Adds the space's figures to a trigger's refusal, which does not have them. */
export async function withFigures<T>(work: Promise<T>, usage: () => Promise<Usage>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const measure = measureOf(error);
    throw measure === undefined ? error : fullError(measure, await usage());
  }
}

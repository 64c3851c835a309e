import { z } from "zod";
import type { Usage } from "../../registry/usage.ts";

/** Of a space: kept by triggers (migration 0023). */
export const USAGE_COLUMNS = "bytes, repositories, max_bytes, max_repositories";

export const usageRow = z.object({
  bytes: z.int(),
  repositories: z.int(),
  max_bytes: z.int().nullable(),
  max_repositories: z.int().nullable(),
});

export function usageFromRow(row: z.infer<typeof usageRow>): Usage {
  const { bytes, repositories, max_bytes: maxBytes, max_repositories: maxRepositories } = row;
  return { bytes, repositories, quota: { bytes: maxBytes, repositories: maxRepositories } };
}

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import type { TargetType } from "../../contract/operations.ts";
import { operationQuery } from "./queries.ts";

/** The types of target that the registry has: they change only with the registry, which serves this page too. */
export const targetTypesQuery = queryOptions({
  ...operationQuery("listTargetTypes", { path: {} }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The types of target, in the order in which they are offered; for pages whose route loads them. */
export function useTargetTypes(): readonly TargetType[] {
  return useSuspenseQuery(targetTypesQuery).data.types;
}

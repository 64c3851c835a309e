import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type {
  Input,
  ListItem,
  ListOperationId,
  OperationId,
  OperationInput,
  OperationOutput,
} from "../../contract/operation.ts";
import { call, callPage } from "./client.ts";

/** Milliseconds between refreshes of data that others may change. Refreshes happen only while the page is visible. */
export const REFRESH_EVERY = 4000;

/** The query for an operation's answer, for `useQuery`, `useSuspenseQuery` and a route's loader. */
export function operationQuery<O extends OperationId>(id: O, input: OperationInput<O>) {
  return queryOptions({
    queryKey: [id, input],
    queryFn: ({ signal }): Promise<OperationOutput<O>> => call(id, input, signal),
  });
}

function listQuery<O extends ListOperationId>(id: O, input: Input, isLive: boolean) {
  return infiniteQueryOptions({
    queryKey: [id, "list", input],
    queryFn: ({ pageParam, signal }) => callPage(id, input, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) => isLive && REFRESH_EVERY * Math.max(1, state.data?.pages.length ?? 1) ** 2,
  });
}

export interface List<T> {
  readonly items: readonly T[];
  /** True while the first page loads. */
  readonly isPending: boolean;
  /** True while another page loads. */
  readonly isLoadingMore: boolean;
  readonly hasMore: boolean;
  readonly error: Error | null;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

interface ListOptions {
  readonly all?: boolean;
  readonly isEnabled?: boolean;
  readonly isLive?: boolean;
}

/**
 * Returns a list, page by page, and refreshes it every few seconds: the longer the list, the more rarely.
 * @param options.all true to load all pages, one after the other, for lists that are searched and sorted here.
 * @param options.isEnabled false to ask for nothing.
 * @param options.isLive false for lists that are too expensive for the registry to refresh unasked.
 */
export function useList<O extends ListOperationId>(
  id: O,
  input: OperationInput<O>,
  { all = false, isEnabled = true, isLive = true }: ListOptions = {},
): List<ListItem<O>> {
  const { data, isPending, error, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, refetch } =
    useInfiniteQuery({ ...listQuery(id, input, isLive), enabled: isEnabled });
  const goOn = all && hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    if (goOn) void fetchNextPage({ cancelRefetch: false });
  }, [goOn, fetchNextPage]);
  // The array stays the same until the list changes, since work derived from it may take long.
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  return {
    items,
    isPending,
    isLoadingMore: isFetchingNextPage,
    hasMore: hasNextPage,
    error,
    loadMore: () => void fetchNextPage(),
    retry: () => void refetch(),
  };
}

/**
 * Makes a change, then refreshes the affected data.
 * @param changes the operations whose answers it may change.
 */
export function useChange<O extends OperationId>(id: O, changes: readonly OperationId[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: OperationInput<O>): Promise<OperationOutput<O>> => call(id, input),
    onSuccess: () => refresh(client, changes),
  });
}

async function refresh(client: QueryClient, ids: readonly OperationId[]): Promise<void> {
  await Promise.all(ids.map((id) => client.invalidateQueries({ queryKey: [id] })));
}

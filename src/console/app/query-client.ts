import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";

/** Milliseconds for which an answer counts as fresh when a page is opened. */
const FRESH_FOR = 2000;

/**
 * The most retries after a fault of the network or of the registry, which may pass by itself. A refused request is
 * never retried.
 */
const MAX_RETRIES = 2;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteEnd }),
  mutationCache: new MutationCache({
    onError: (error, _input, _result, { options }) => {
      // A failed sign-in answers 401 too, but ends no session.
      if (options.meta?.["endsNothing"] !== true) noteEnd(error);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: FRESH_FOR,
      retry: (failures, error) => failures < MAX_RETRIES && !isRefusal(error),
    },
  },
});

function isRefusal(error: Error): boolean {
  return error instanceof ApiProblem && error.status !== 0 && error.status < 500 && error.status !== 429;
}

/** Notes a session's end, which may come at any time; the router then shows the sign-in. */
function noteEnd(error: Error): void {
  if (!(error instanceof ApiProblem) || error.status !== 401) return;
  queryClient.setQueryData(sessionQuery.queryKey, (known) => known && { ...known, session: null });
}

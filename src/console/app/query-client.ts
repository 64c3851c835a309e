import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../api/client.ts";
import { sessionQuery } from "../api/session.ts";

/** Milliseconds in which an answer is not asked for anew when a page is opened. */
const FRESH_FOR = 2000;

/** A fault of the network or of the registry may pass by itself; what was refused stays so. */
const MAX_RETRIES = 2;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteEnd }),
  mutationCache: new MutationCache({
    onError: (error, _input, _result, { options }) => {
      // Signing in fails with 401 too, and ends nothing.
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

/** A session may end at any time: then nobody is signed in, and the router shows where to. */
function noteEnd(error: Error): void {
  if (!(error instanceof ApiProblem) || error.status !== 401) return;
  queryClient.setQueryData(sessionQuery.queryKey, (known) => known && { ...known, session: null });
}

import { createRouter, parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";
import { Loading } from "../components/loading.tsx";
import { NotFoundPage, PageFailure } from "./failures.tsx";
import { queryClient } from "./query-client.ts";
import {
  rootRoute,
  signInRoute,
  signedInRoute,
  homeRoute,
  spacesRoute,
  spaceRoute,
  repositoriesRoute,
  repositoryRoute,
  pushesRoute,
  pushRoute,
  deliveriesRoute,
  deliveryRoute,
  triggersRoute,
  newTriggerRoute,
  triggerRoute,
  targetsRoute,
  newTargetRoute,
  targetRoute,
  tokensRoute,
  newTokenRoute,
  storageRoute,
  retentionRoute,
  newRuleRoute,
  ruleRoute,
  spaceSettingsRoute,
  activityRoute,
  installationActivityRoute,
  referenceRoute,
  deletedRepositoriesRoute,
  deletedTagsRoute,
  settingsRoute,
  tagHistoryRoute,
  manifestRoute,
  compareRoute,
} from "./routes.tsx";
import { parseSearchValue } from "./search.ts";

const routeTree = rootRoute.addChildren([
  signInRoute,
  referenceRoute,
  signedInRoute.addChildren([
    homeRoute,
    spacesRoute,
    installationActivityRoute,
    spaceRoute.addChildren([
      repositoriesRoute,
      repositoryRoute,
      manifestRoute,
      compareRoute,
      pushesRoute,
      pushRoute,
      deliveriesRoute,
      deliveryRoute,
      triggersRoute,
      newTriggerRoute,
      triggerRoute,
      targetsRoute,
      newTargetRoute,
      targetRoute,
      tokensRoute,
      newTokenRoute,
      storageRoute,
      retentionRoute,
      newRuleRoute,
      ruleRoute,
      activityRoute,
      spaceSettingsRoute,
      deletedRepositoriesRoute,
      deletedTagsRoute,
      settingsRoute,
      tagHistoryRoute,
      // More pages of a space go here.
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  parseSearch: parseSearchWith(parseSearchValue),
  stringifySearch: stringifySearchWith(JSON.stringify, parseSearchValue),
  context: { queryClient },
  defaultPreload: "intent",
  // The query client keeps loaded data, so the router need not.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingComponent: () => <Loading what="the page" />,
  defaultErrorComponent: PageFailure,
  defaultNotFoundComponent: NotFoundPage,
});

// A user who has signed out, or whose session has ended, is led to the sign-in.
queryClient.getQueryCache().subscribe(({ query }) => {
  if (query.queryKey[0] !== sessionQuery.queryKey[0] || router.state.location.pathname === "/sign-in") return;
  if (queryClient.getQueryData(sessionQuery.queryKey)?.session === null) void router.invalidate();
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    readonly forReaders?: true;
  }
}

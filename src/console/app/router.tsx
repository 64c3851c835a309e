import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from "@tanstack/react-router";
import { sessionQuery } from "../api/session.ts";
import { Loading } from "../components/loading.tsx";
import { SignInPage } from "../pages/sign-in/page.tsx";
import { NotFoundPage, PageFailure } from "./failures.tsx";
import { queryClient } from "./query-client.ts";
import { Shell } from "./shell.tsx";
import { SpaceLayout } from "./space-layout.tsx";

/** The pages, each with its address. A page is a folder in pages/, loaded when it is first opened. */

/** A text of an address; none where it is empty. */
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;

const rootRoute = createRootRouteWithContext<{ readonly queryClient: QueryClient }>()({
  component: Outlet,
  loader: ({ context }) => context.queryClient.ensureQueryData(sessionQuery),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: ({ to }): { readonly to?: string | undefined } => {
    // Nowhere else than in the console: a link could otherwise lead away from it. What is left out here would stay as it is.
    return { to: typeof to === "string" && /^\/(?![/\\])/.test(to) ? to : undefined };
  },
  component: SignInPage,
});

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    const { session } = await context.queryClient.ensureQueryData(sessionQuery);
    if (session === null)
      throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
    return { session };
  },
  component: Shell,
});

const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: ({ context: { session } }) => {
    if (session.space === null) throw redirect({ to: "/spaces" });
    throw redirect({ to: "/spaces/$space", params: { space: session.space } });
  },
});

const spacesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/spaces",
  beforeLoad: ({ context: { session } }) => {
    if (session.space !== null) throw redirect({ to: "/spaces/$space", params: { space: session.space } });
  },
  component: lazyRouteComponent(() => import("../pages/spaces/page.tsx"), "SpacesPage"),
});

const spaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/spaces/$space",
  component: SpaceLayout,
});

const repositoriesRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/repositories/page.tsx"), "RepositoriesPage"),
});

const repositoryRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository",
  component: lazyRouteComponent(() => import("../pages/repository/page.tsx"), "RepositoryPage"),
});

const manifestRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/manifests/$reference",
  validateSearch: ({ view }): { readonly view?: string | undefined } => ({ view: textOf(view) }),
  component: lazyRouteComponent(() => import("../pages/manifest/page.tsx"), "ManifestPage"),
});

const compareRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/compare",
  validateSearch: ({ from, to, platform }): Partial<Record<"from" | "to" | "platform", string | undefined>> => ({
    from: textOf(from),
    to: textOf(to),
    platform: textOf(platform),
  }),
  component: lazyRouteComponent(() => import("../pages/compare/page.tsx"), "ComparePage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([
    homeRoute,
    spacesRoute,
    spaceRoute.addChildren([
      repositoriesRoute,
      repositoryRoute,
      manifestRoute,
      compareRoute,
      // More pages of a space go here.
    ]),
  ]),
]);

/** What an address says is text: a tag that looks like a number, such as 1.0, stays as it is. */
function parseSearchValue(text: string): unknown {
  if (/^(?:[[{"]|(?:true|false|null)$)/.test(text)) return JSON.parse(text);
  throw new SyntaxError("text");
}

export const router = createRouter({
  routeTree,
  parseSearch: parseSearchWith(parseSearchValue),
  stringifySearch: stringifySearchWith(JSON.stringify, parseSearchValue),
  context: { queryClient },
  defaultPreload: "intent",
  // Queries keep what is loaded.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingComponent: () => <Loading what="the page" />,
  defaultErrorComponent: PageFailure,
  defaultNotFoundComponent: NotFoundPage,
});

// Whoever is signed out, by themselves or since their session ended, is led to the sign-in.
queryClient.getQueryCache().subscribe(({ query }) => {
  if (query.queryKey[0] !== sessionQuery.queryKey[0] || router.state.location.pathname === "/sign-in") return;
  if (queryClient.getQueryData(sessionQuery.queryKey)?.session === null) void router.invalidate();
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

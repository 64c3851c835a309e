import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { may, type Session, sessionQuery } from "../api/session.ts";
import { targetTypesQuery } from "../api/target-types.ts";
import { parseDeliveryFilter } from "../pages/deliveries/filter.ts";
import { activitySearch } from "../pages/activity/search.ts";
import { type Range, RANGES } from "../pages/storage/ranges.ts";
import { SignInPage } from "../pages/sign-in/page.tsx";
import { WholePageFailure, WholePageNotFound } from "./failures.tsx";
import { Shell } from "./shell.tsx";
import { choiceOf, textOf } from "./search.ts";
import { SpaceLayout } from "./space-layout.tsx";

/** The pages, each with its address. A page is a folder in pages/, loaded when it is first opened. */

/**
 * Marks pages that need no more than the rights of a pull-only token. All other pages are for managers of the space.
 */
const FOR_READERS = { forReaders: true } as const;

export const rootRoute = createRootRouteWithContext<{ readonly queryClient: QueryClient }>()({
  component: Outlet,
  loader: ({ context }) => context.queryClient.ensureQueryData(sessionQuery),
  errorComponent: WholePageFailure,
  notFoundComponent: WholePageNotFound,
});

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: ({ to }): { readonly to?: string | undefined } => {
    // Only an address within the console is kept, since a link could otherwise lead away from it. It must be set to
    // undefined: an omitted parameter would stay as it was.
    return { to: typeof to === "string" && /^\/(?![/\\])/.test(to) ? to : undefined };
  },
  component: SignInPage,
});

export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    const { session } = await context.queryClient.ensureQueryData(sessionQuery);
    if (session === null)
      throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
    return { session };
  },
  component: Shell,
  errorComponent: WholePageFailure,
});

export const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  beforeLoad: ({ context: { session } }) => {
    if (session.space === null) throw redirect({ to: "/spaces" });
    throw redirect({ to: "/spaces/$space", params: { space: session.space } });
  },
});

export const spacesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/spaces",
  beforeLoad: ({ context: { session } }) => {
    if (session.space !== null) throw redirect({ to: "/spaces/$space", params: { space: session.space } });
  },
  component: lazyRouteComponent(() => import("../pages/spaces/page.tsx"), "SpacesPage"),
});

export const spaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/spaces/$space",
  component: SpaceLayout,
});

export const repositoriesRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/",
  staticData: FOR_READERS,
  component: lazyRouteComponent(() => import("../pages/repositories/page.tsx"), "RepositoriesPage"),
});

export const repositoryRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository",
  validateSearch: ({ q, attached }): { readonly q?: string | undefined; readonly attached?: true | undefined } => ({
    q: textOf(q),
    attached: attached === true ? true : undefined,
  }),
  staticData: FOR_READERS,
  component: lazyRouteComponent(() => import("../pages/repository/page.tsx"), "RepositoryPage"),
});

export const pushesRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/pushes",
  component: lazyRouteComponent(() => import("../pages/pushes/page.tsx"), "PushesPage"),
});

export const pushRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/pushes/$event",
  component: lazyRouteComponent(() => import("../pages/push/page.tsx"), "PushPage"),
});

export const deliveriesRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/deliveries",
  validateSearch: parseDeliveryFilter,
  component: lazyRouteComponent(() => import("../pages/deliveries/page.tsx"), "DeliveriesPage"),
});

export const deliveryRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/deliveries/$delivery",
  component: lazyRouteComponent(() => import("../pages/delivery/page.tsx"), "DeliveryPage"),
});

export const triggersRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/triggers",
  component: lazyRouteComponent(() => import("../pages/triggers/page.tsx"), "TriggersPage"),
});

export const newTriggerRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/triggers/new",
  component: lazyRouteComponent(() => import("../pages/trigger/new-page.tsx"), "NewTriggerPage"),
});

export const triggerRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/triggers/$trigger",
  component: lazyRouteComponent(() => import("../pages/trigger/page.tsx"), "TriggerPage"),
});

/** Loads the types of target for pages of managers; nobody else is shown them, so nothing is asked for. */
function loadTargetTypes({ queryClient, session }: { readonly queryClient: QueryClient; readonly session: Session }) {
  return may(session, "manageSpace") ? queryClient.ensureQueryData(targetTypesQuery) : null;
}

export const targetsRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/targets",
  loader: ({ context }) => loadTargetTypes(context),
  component: lazyRouteComponent(() => import("../pages/targets/page.tsx"), "TargetsPage"),
});

export const newTargetRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/targets/new",
  loader: ({ context }) => loadTargetTypes(context),
  component: lazyRouteComponent(() => import("../pages/target/new-page.tsx"), "NewTargetPage"),
});

export const targetRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/targets/$target",
  loader: ({ context }) => loadTargetTypes(context),
  component: lazyRouteComponent(() => import("../pages/target/page.tsx"), "TargetPage"),
});

export const tokensRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/tokens",
  validateSearch: ({ search }): { readonly search?: string | undefined } => ({ search: textOf(search) }),
  component: lazyRouteComponent(() => import("../pages/tokens/page.tsx"), "TokensPage"),
});

export const newTokenRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/tokens/new",
  component: lazyRouteComponent(() => import("../pages/tokens/new-page.tsx"), "NewTokenPage"),
});

export const storageRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/storage",
  validateSearch: ({ days }): { readonly days?: Range | undefined } => ({ days: choiceOf(RANGES, days) }),
  component: lazyRouteComponent(() => import("../pages/storage/page.tsx"), "StoragePage"),
});

export const retentionRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/retention",
  component: lazyRouteComponent(() => import("../pages/retention/page.tsx"), "RetentionPage"),
});

export const newRuleRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/retention/new",
  component: lazyRouteComponent(() => import("../pages/retention/rule-pages.tsx"), "NewRulePage"),
});

export const ruleRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/retention/$rule",
  component: lazyRouteComponent(() => import("../pages/retention/rule-pages.tsx"), "RulePage"),
});

export const spaceSettingsRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("../pages/space-settings/page.tsx"), "SpaceSettingsPage"),
});

export const activityRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/activity",
  validateSearch: activitySearch,
  component: lazyRouteComponent(() => import("../pages/activity/page.tsx"), "ActivityPage"),
});

export const installationActivityRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/activity",
  validateSearch: activitySearch,
  component: lazyRouteComponent(() => import("../pages/activity/page.tsx"), "InstallationActivityPage"),
});

/** The API's reference, at the address where the Worker also serves the console's page to browsers. */
export const referenceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/api/v1/docs",
  component: lazyRouteComponent(() => import("../pages/reference/page.tsx"), "ReferencePage"),
});

export const deletedRepositoriesRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/deleted",
  component: lazyRouteComponent(() => import("../pages/deleted-repositories/page.tsx"), "DeletedRepositoriesPage"),
});

export const deletedTagsRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/deleted",
  component: lazyRouteComponent(() => import("../pages/deleted-tags/page.tsx"), "DeletedTagsPage"),
});

export const settingsRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/settings",
  component: lazyRouteComponent(() => import("../pages/repository-settings/page.tsx"), "RepositorySettingsPage"),
});

export const tagHistoryRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/tags/$tag/history",
  staticData: FOR_READERS,
  component: lazyRouteComponent(() => import("../pages/tag-history/page.tsx"), "TagHistoryPage"),
});

export const manifestRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/manifests/$reference",
  validateSearch: ({ view }): { readonly view?: string | undefined } => ({ view: textOf(view) }),
  staticData: FOR_READERS,
  component: lazyRouteComponent(() => import("../pages/manifest/page.tsx"), "ManifestPage"),
});

export const compareRoute = createRoute({
  getParentRoute: () => spaceRoute,
  path: "/repositories/$repository/compare",
  validateSearch: ({ from, to, platform }): Partial<Record<"from" | "to" | "platform", string | undefined>> => ({
    from: textOf(from),
    to: textOf(to),
    platform: textOf(platform),
  }),
  staticData: FOR_READERS,
  component: lazyRouteComponent(() => import("../pages/compare/page.tsx"), "ComparePage"),
});

import { Link, Outlet, useMatches, useParams } from "@tanstack/react-router";
import { may, mayRead, useSession } from "../api/session.ts";
import { ClosedPage } from "./closed-page.tsx";
import { LimitedPage } from "./limited-page.tsx";
import { Main } from "./main-area.tsx";

/** Shows links to a space's pages, and the current page. A link leads to a page's route. */
export function SpaceLayout() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const session = useSession();
  const manages = may(session, "manageSpace");
  const closed = useClosed();
  if (!may(session, "readSpace")) {
    return (
      <Main>
        <LimitedPage space={space} />
      </Main>
    );
  }
  return (
    <>
      <nav className="page-nav space-nav" aria-label={`Space ${space}`}>
        <Link to="/spaces/$space" params={{ space }} activeOptions={{ exact: true }}>
          Repositories
        </Link>
        {manages && <ManagersLinks space={space} />}
      </nav>
      <Main>{closed === null ? <Outlet /> : <ClosedPage space={space} {...closed} />}</Main>
    </>
  );
}

/** Returns the properties of the closed page if the signed-in user may not look here; null if they may. */
function useClosed(): Pick<Parameters<typeof ClosedPage>[0], "repository"> | null {
  const session = useSession();
  const { repository } = useParams({ strict: false });
  // An address without a page belongs to no group of readers.
  const isForManagers = useMatches({
    select: (matches) =>
      matches.at(-1)?.routeId !== "/signed-in/spaces/$space" &&
      !matches.some(({ staticData }) => staticData.forReaders === true),
  });
  if (may(session, "manageSpace")) return null;
  if (isForManagers) return { repository: null };
  return repository === undefined || mayRead(session, repository) ? null : { repository };
}

function ManagersLinks({ space }: { readonly space: string }) {
  return (
    <>
      <Link to="/spaces/$space/pushes" params={{ space }}>
        Pushes
      </Link>
      <Link to="/spaces/$space/deliveries" params={{ space }} activeOptions={{ includeSearch: false }}>
        Deliveries
      </Link>
      <Link to="/spaces/$space/triggers" params={{ space }}>
        Triggers
      </Link>
      <Link to="/spaces/$space/targets" params={{ space }}>
        Targets
      </Link>
      <Link to="/spaces/$space/tokens" params={{ space }}>
        Tokens
      </Link>
      <Link to="/spaces/$space/storage" params={{ space }}>
        Storage
      </Link>
      <Link to="/spaces/$space/retention" params={{ space }}>
        Retention
      </Link>
      <Link to="/spaces/$space/deleted" params={{ space }}>
        Recently deleted
      </Link>
      <Link to="/spaces/$space/activity" params={{ space }}>
        Activity
      </Link>
      <Link to="/spaces/$space/settings" params={{ space }}>
        Settings
      </Link>
    </>
  );
}

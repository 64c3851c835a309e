import { Link, Outlet, useParams } from "@tanstack/react-router";
import { may, useSession } from "../api/session.ts";
import { LimitedPage } from "./limited-page.tsx";
import { Main } from "./main-area.tsx";

/** The pages of a space, one after the other. A link leads to a page's route. */
export function SpaceLayout() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const session = useSession();
  if (!may(session, "manageSpace")) {
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
      </nav>
      <Main>
        <Outlet />
      </Main>
    </>
  );
}

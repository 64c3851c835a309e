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
      <nav className="space-nav" aria-label={`Space ${space}`}>
        <Link to="/spaces/$space" params={{ space }} activeOptions={{ exact: true }}>
          Repositories
        </Link>
        <Link to="/spaces/$space/deleted" params={{ space }}>
          Recently deleted
        </Link>
      </nav>
      <Main>
        <Outlet />
      </Main>
    </>
  );
}

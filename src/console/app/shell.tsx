import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { call } from "../api/client.ts";
import { sessionQuery, useSession } from "../api/session.ts";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../components/menu.tsx";
import { Header } from "./header.tsx";
import { SpaceSwitcher } from "./space-switcher.tsx";
import { setTheme, THEMES, useTheme } from "./theme.ts";

/** The sign-out of Cloudflare Access, which Cloudflare answers ahead of the Worker. */
const ACCESS_LOGOUT = "/cdn-cgi/access/logout";

const Palette = lazy(() => import("./palette.tsx"));

/** The frame around every page behind the sign-in. */
export function Shell() {
  const { space } = useParams({ strict: false });
  const [isSearching, setSearching] = useState(false);
  useShortcut(() => setSearching(true));
  return (
    <>
      <Header>
        <SpaceSwitcher current={space} />
        <div className="header-end">
          <Button
            look="quiet"
            aria-keyshortcuts="Control+K Meta+K"
            onClick={() => setSearching(true)}
            icon={<Icon name="search" />}
          >
            <span className="wide-only">
              Search <kbd>Ctrl K</kbd>
            </span>
          </Button>
          <AccountMenu />
        </div>
      </Header>
      {isSearching && (
        <Suspense>
          <Palette space={space} onClose={() => setSearching(false)} />
        </Suspense>
      )}
      <Outlet />
    </>
  );
}

/** Runs a function on Ctrl-K and Cmd-K. */
function useShortcut(run: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      run();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
}

function AccountMenu() {
  const session = useSession();
  const name = session.token?.name ?? session.email ?? "Administrator";
  const theme = useTheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => call("signOut", { path: {} }),
    onSuccess: () => {
      // A user who came through Cloudflare Access is signed out there too: otherwise Access would let them in again.
      if (session.email !== null) return location.assign(ACCESS_LOGOUT);
      const known = client.getQueryData(sessionQuery.queryKey);
      // Nothing that the user has seen stays in memory.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
      client.setQueryData(sessionQuery.queryKey, known && { ...known, session: null });
    },
  });
  return (
    <Menu name={`${name}, account`} label={<span className="account">{name}</span>}>
      <MenuChoice label="Appearance" value={theme} choices={THEMES} onChange={setTheme} />
      <MenuSeparator />
      <MenuItem onSelect={() => void navigate({ to: "/api/v1/docs" })}>API reference</MenuItem>
      <MenuItem onSelect={() => signOut.mutate()}>Sign out</MenuItem>
    </Menu>
  );
}

import { useNavigate } from "@tanstack/react-router";
import { useList } from "../api/queries.ts";
import { may, useSession } from "../api/session.ts";
import { Menu, MenuItem, MenuSeparator } from "../components/menu.tsx";

/** Shows the current space; the administrator can switch to another. */
export function SpaceSwitcher({ current }: { readonly current: string | undefined }) {
  const session = useSession();
  if (!may(session, "manageInstallation")) return <span className="header-space">{session.space}</span>;
  const shown = current ?? "All spaces";
  return (
    <Menu name={`${shown}, choose a space`} label={<span className="header-space">{shown}</span>}>
      <Spaces />
    </Menu>
  );
}

function Spaces() {
  const navigate = useNavigate();
  const { items } = useList("listSpaces", { path: {} });
  return (
    <>
      {items.map(({ name }) => (
        <MenuItem key={name} onSelect={() => void navigate({ to: "/spaces/$space", params: { space: name } })}>
          {name}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem onSelect={() => void navigate({ to: "/spaces" })}>All spaces</MenuItem>
    </>
  );
}

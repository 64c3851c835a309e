import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { shortDigest } from "../../../contract/format.ts";
import type { Activity } from "../../../contract/operations.ts";

interface ThingProps {
  /** The space; null for the installation. */
  readonly space: string | null;
  readonly activity: Activity;
}

/** Names the subject of an action, as a link if it has a page. */
export function Thing({ space, activity }: ThingProps) {
  const { id, action, subject, name, repository, reference } = activity;
  if (repository !== null && space !== null) {
    return (
      <>
        <Link to="/spaces/$space/repositories/$repository" params={{ space, repository }}>
          {repository}
        </Link>
        {reference !== null && (
          <Push space={space} id={id}>
            <code>{reference.includes(":") ? `@${shortDigest(reference)}` : `:${reference}`}</code>
          </Push>
        )}
      </>
    );
  }
  const called = name ?? subject;
  if (called === null) return null;
  // A deleted subject has no page any more.
  const isGone = action.endsWith(".deleted");
  if (space === null) return isGone ? <strong>{called}</strong> : <SpaceLink space={called} />;
  const page = isGone || subject === null ? undefined : PAGES[action.slice(0, action.indexOf("."))];
  return page === undefined || subject === null ? <strong>{called}</strong> : page({ space, id: subject, called });
}

interface PageProps {
  readonly space: string;
  readonly id: string;
  readonly called: string;
}

/** The page of each kind of subject. */
const PAGES: Partial<Record<string, (props: PageProps) => ReactNode>> = {
  token: ({ space, id, called }) => (
    <Link to="/spaces/$space/tokens" params={{ space }} search={{ search: id }}>
      {called}
    </Link>
  ),
  retention: ({ space, id, called }) => (
    <Link to="/spaces/$space/retention/$rule" params={{ space, rule: id }}>
      {called}
    </Link>
  ),
  trigger: ({ space, id, called }) => (
    <Link to="/spaces/$space/triggers/$trigger" params={{ space, trigger: id }}>
      {called}
    </Link>
  ),
  target: ({ space, id, called }) => (
    <Link to="/spaces/$space/targets/$target" params={{ space, target: id }}>
      {called}
    </Link>
  ),
  delivery: ({ space, id, called }) => (
    <Link to="/spaces/$space/deliveries/$delivery" params={{ space, delivery: id }}>
      {called}
    </Link>
  ),
};

function SpaceLink({ space }: { readonly space: string }) {
  return (
    <Link to="/spaces/$space" params={{ space }}>
      {space}
    </Link>
  );
}

/** Links a push or deletion to the page that tells its results. */
function Push({ space, id, children }: { readonly space: string; readonly id: string; readonly children: ReactNode }) {
  if (!id.startsWith("evt_")) return children;
  return (
    <Link to="/spaces/$space/pushes/$event" params={{ space, event: id }}>
      {children}
    </Link>
  );
}

import { Link } from "@tanstack/react-router";
import type { Delivery, Target, Trigger } from "../../contract/operations.ts";
import { type List, useList } from "../api/queries.ts";
import { Status } from "../components/status.tsx";

/** Names and links that the pages about triggers, targets and deliveries share. */

interface Deployment {
  readonly triggers: List<Trigger>;
  readonly targets: List<Target>;
}

/** Loads a space's triggers and targets, for their names. */
export function useDeployment(space: string): Deployment {
  const input = { path: { space }, query: { limit: 1000 } };
  return {
    triggers: useList("listTriggers", input, { all: true }),
    targets: useList("listTargets", input, { all: true }),
  };
}

interface NamedProps {
  readonly space: string;
  readonly id: string;
  readonly deployment: Deployment;
}

/** Links to a trigger by its name; a deleted trigger has no name any more. */
export function TriggerLink({ space, id, deployment }: NamedProps) {
  const trigger = deployment.triggers.items.find((one) => one.id === id);
  if (trigger === undefined) return <Unknown id={id} list={deployment.triggers} />;
  return (
    <Link to="/spaces/$space/triggers/$trigger" params={{ space, trigger: id }} className="cell-name">
      {trigger.name}
    </Link>
  );
}

export function TargetLink({ space, id, deployment }: NamedProps) {
  const target = deployment.targets.items.find((one) => one.id === id);
  if (target === undefined) return <Unknown id={id} list={deployment.targets} />;
  return (
    <Link to="/spaces/$space/targets/$target" params={{ space, target: id }} className="cell-name">
      {target.name}
    </Link>
  );
}

function Unknown({ id, list }: { readonly id: string; readonly list: List<unknown> }) {
  const isDeleted = !list.isPending && !list.isLoadingMore && !list.hasMore && list.error === null;
  return (
    <>
      <code>{id}</code> {isDeleted && <span className="muted">deleted</span>}
    </>
  );
}

const TONES: Readonly<Record<string, Parameters<typeof Status>[0]["tone"]>> = {
  pending: "busy",
  running: "busy",
  delivered: "good",
  failed: "bad",
  superseded: "quiet",
  canceled: "quiet",
};

export function DeliveryStatus({ status }: Pick<Delivery, "status">) {
  return <Status tone={TONES[status] ?? "quiet"}>{status}</Status>;
}

/** Names a push within its space: `web/api:1.2.3`. */
export function pushName(
  space: string,
  { repository, tag }: { readonly repository: string; readonly tag: string | null },
): string {
  return `${pathIn(space, repository)}${tag === null ? "" : `:${tag}`}`;
}

/** Returns a repository's path within its space, given its full name. */
export function pathIn(space: string, fullName: string): string {
  return fullName.startsWith(`${space}/`) ? fullName.slice(space.length + 1) : fullName;
}

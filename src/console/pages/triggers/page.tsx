import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Trigger } from "../../../contract/operations.ts";
import { LinkButton } from "../../components/button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { TargetLink, useDeployment } from "../../parts/deployment.tsx";
import { Icon } from "../../components/icon.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Status } from "../../components/status.tsx";
import { inWords } from "./in-words.ts";

/** Lists a space's triggers: which pushes are delivered where. */
export function TriggersPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const deployment = useDeployment(space);
  const { items, isPending, error, retry } = deployment.triggers;
  const columns = useMemo(() => columnsOf(space, deployment), [space, deployment]);
  return (
    <>
      <PageHead title="Triggers">
        <LinkButton to="/spaces/$space/triggers/new" params={{ space }} look="primary" icon={<Icon name="plus" />}>
          New trigger
        </LinkButton>
      </PageHead>
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the triggers" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="No triggers yet">
          <p>
            A trigger says which pushes go to which targets: deploy on push. While you create one, a preview shows which
            of your recent pushes would have fired it.
          </p>
        </Empty>
      )}
      {items.length > 0 && (
        <div className="card card-table">
          <DataTable label={`Triggers of ${space}`} rows={items} rowId={({ id }) => id} columns={columns} />
        </div>
      )}
    </>
  );
}

function columnsOf(space: string, deployment: ReturnType<typeof useDeployment>): readonly Column<Trigger>[] {
  return [
    {
      id: "name",
      title: "Trigger",
      sortBy: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to="/spaces/$space/triggers/$trigger" params={{ space, trigger: id }}>
          {name}
        </Link>
      ),
    },
    { id: "fires", title: "Fires on", isSecondary: true, cell: inWords },
    {
      id: "targets",
      title: "Targets",
      cell: ({ targets }) => (
        <ul className="plain-list">
          {targets.map((id) => (
            <li key={id}>
              <TargetLink space={space} id={id} deployment={deployment} />
            </li>
          ))}
        </ul>
      ),
    },
    {
      id: "state",
      title: "State",
      sortBy: ({ enabled }) => Number(enabled),
      cell: ({ enabled, match }) => {
        if (match === null) return <Status tone="bad">unreadable</Status>;
        return <Status tone={enabled ? "good" : "quiet"}>{enabled ? "on" : "disabled"}</Status>;
      },
    },
  ];
}

import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Target } from "../../../contract/operations.ts";
import { useList } from "../../api/queries.ts";
import { LinkButton } from "../../components/button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Icon } from "../../components/icon.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { TargetStatus } from "../../parts/target-status.tsx";
import { kindOf } from "../target/kinds.ts";

/** Lists the targets that a space's pushes are delivered to. */
export function TargetsPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const input = { path: { space }, query: { limit: 1000 } };
  const { items, isPending, error, retry } = useList("listTargets", input, { all: true });
  const columns = useMemo(() => columnsOf(space), [space]);
  return (
    <>
      <PageHead title="Targets">
        <LinkButton to="/spaces/$space/targets/new" params={{ space }} look="primary" icon={<Icon name="plus" />}>
          New target
        </LinkButton>
      </PageHead>
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the targets" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="No targets yet">
          <p>
            A target is a place that hears of pushes: your own webhook, Octopus Deploy, GitHub Actions, Flux, or a
            host’s deploy hook. Create one, then a trigger that says which pushes go there.
          </p>
        </Empty>
      )}
      {items.length > 0 && (
        <div className="card card-table">
          <DataTable label={`Targets of ${space}`} rows={items} rowId={({ id }) => id} columns={columns} />
        </div>
      )}
    </>
  );
}

function columnsOf(space: string): readonly Column<Target>[] {
  return [
    {
      id: "name",
      title: "Target",
      sortBy: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to="/spaces/$space/targets/$target" params={{ space, target: id }}>
          {name}
        </Link>
      ),
    },
    {
      id: "kind",
      title: "Kind",
      isSecondary: true,
      sortBy: ({ type }) => type,
      cell: ({ type }) => kindOf(type).title,
    },
    { id: "address", title: "Address", isSecondary: true, cell: ({ url }) => url },
    {
      id: "state",
      title: "State",
      cell: (target) => (
        <>
          <TargetStatus target={target} />{" "}
          {target.disabledReason !== null && <span className="reason">{target.disabledReason}</span>}
        </>
      ),
    },
  ];
}

import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Event } from "../../../contract/operations.ts";
import { useList } from "../../api/queries.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { pushName } from "../../parts/deployment.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { PushCommands } from "../../parts/push-commands.tsx";
import { Time } from "../../components/time.tsx";
import { Digest } from "../../components/values.tsx";

const PAGE = 50;

/** Lists a space's latest pushes, each with the decisions of its triggers. */
export function PushesPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const list = useList("listEvents", { path: { space }, query: { limit: PAGE, kind: "push" } });
  const columns = useMemo(() => columnsOf(space), [space]);
  return (
    <>
      <PageHead title="Pushes" />
      {list.error && <Failure error={list.error} onRetry={list.retry} />}
      {list.isPending && <Loading what="the pushes" />}
      {!list.isPending && !list.error && list.items.length === 0 && (
        <Empty title="No recent pushes">
          <PushCommands space={space} />
        </Empty>
      )}
      {list.items.length > 0 && (
        <div className="card card-table">
          <DataTable label={`Pushes to ${space}`} rows={list.items} rowId={({ id }) => id} columns={columns} />
        </div>
      )}
      <LoadMore list={list} />
    </>
  );
}

function columnsOf(space: string): readonly Column<Event>[] {
  return [
    {
      id: "push",
      title: "Push",
      cell: ({ id, data }) => (
        <Link to="/spaces/$space/pushes/$event" params={{ space, event: id }}>
          {pushName(space, data)}
        </Link>
      ),
    },
    { id: "digest", title: "Digest", isSecondary: true, cell: ({ data }) => <Digest digest={data.digest} /> },
    { id: "by", title: "By", isSecondary: true, cell: ({ data }) => data.actor.name },
    { id: "triggers", title: "Triggers", cell: ({ triggers }) => firedOf(triggers) },
    { id: "when", title: "When", align: "end", cell: ({ timestamp }) => <Time at={timestamp} /> },
  ];
}

/** Says how many of the triggers that existed at the time fired. */
function firedOf(triggers: Event["triggers"]): string {
  if (triggers === null) return "deciding";
  if (triggers.length === 0) return "no triggers";
  return `${triggers.filter(({ fires }) => fires).length} of ${triggers.length} fired`;
}

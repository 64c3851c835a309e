import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useChange, useList } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { toast } from "../../components/toasts.tsx";
import { untilColumn } from "../../parts/until-column.tsx";
import type { DeletedRepository } from "../../../contract/operations.ts";

/** Lists a space's deleted repositories, with the end of the time to restore them, and restores them. */
export function DeletedRepositoriesPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const [chosen, setChosen] = useState<DeletedRepository | null>(null);
  const input = { path: { space }, query: { limit: 1000 } };
  const { items, isPending, error, retry } = useList("listDeletedRepositories", input, { all: true });
  const undelete = useChange("undelete", ["listDeletedRepositories", "listRepositories", "getRepository"]);
  return (
    <>
      <PageHead title="Recently deleted" />
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="recent deletions" />}
      {!isPending && !error && items.length === 0 && (
        <Empty title="No repository was deleted recently">
          <p>
            You can restore a deleted repository here for some days, with everything in it. To restore tags, open their
            repository.
          </p>
        </Empty>
      )}
      {items.length > 0 && (
        <div className="card card-table">
          <DataTable
            label={`Deleted repositories of ${space}`}
            rows={items}
            rowId={({ name }) => name}
            columns={columnsOf(setChosen)}
            initialSorting={{ column: "deleted", direction: "descending" }}
          />
        </div>
      )}
      {chosen && (
        <Confirm
          isOpen
          onClose={() => setChosen(null)}
          title={`Restore ${chosen.name}?`}
          action="Restore"
          look="primary"
          onConfirm={async () => {
            await undelete.mutateAsync({ path: { space }, body: { repository: chosen.name } });
            toast(`Restored ${chosen.name}`);
          }}
        >
          <p>The repository returns as it was, with its tags, settings and history.</p>
        </Confirm>
      )}
    </>
  );
}

function columnsOf(choose: (repository: DeletedRepository) => void): readonly Column<DeletedRepository>[] {
  return [
    { id: "name", title: "Repository", sortBy: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
    {
      id: "deleted",
      title: "Deleted",
      align: "end",
      sortBy: ({ deletedAt }) => Date.parse(deletedAt),
      cell: ({ deletedAt, until }) => (
        <>
          <Time at={deletedAt} />
          <div className="muted narrow-only">
            ends <Time at={until} />
          </div>
        </>
      ),
    },
    { ...untilColumn(), sortBy: ({ until }) => Date.parse(until) },
    {
      id: "undo",
      title: "Undo",
      align: "end",
      cell: (repository) => (
        <Button onClick={() => choose(repository)} aria-label={`Restore ${repository.name}`}>
          Restore
        </Button>
      ),
    },
  ];
}

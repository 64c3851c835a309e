import { useParams } from "@tanstack/react-router";
import { useList } from "../../api/queries.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Loading } from "../../components/loading.tsx";
import { Empty, Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { Digest } from "../../components/values.tsx";
import type { Tag } from "../../../cli/management/operations.ts";

const COLUMNS: readonly Column<Tag>[] = [
  { id: "name", title: "Tag", sortBy: ({ name }) => name, cell: ({ name }) => name },
  { id: "digest", title: "Digest", isSecondary: true, cell: ({ digest }) => <Digest digest={digest} /> },
  {
    id: "updated",
    title: "Pushed",
    align: "end",
    sortBy: ({ updatedAt }) => updatedAt,
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
  },
];

/** A repository's tags. */
export function RepositoryPage() {
  const { space, repository } = useParams({ from: "/signed-in/spaces/$space/repositories/$repository" });
  const input = { path: { space, name: repository }, query: { limit: 1000 } };
  const { items, isPending, error, retry } = useList("listRepositoryTags", input, { all: true });
  return (
    <>
      <PageHead title={repository} />
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the tags" />}
      {!isPending && !error && items.length === 0 && <Empty title="This repository has no tags" />}
      {items.length > 0 && (
        <div className="card card-table">
          <DataTable
            label={`Tags of ${repository}`}
            rows={items}
            rowId={({ name }) => name}
            columns={COLUMNS}
            initialSorting={{ column: "updated", direction: "descending" }}
          />
        </div>
      )}
    </>
  );
}

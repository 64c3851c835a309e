import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useList } from "../../api/queries.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { SearchField } from "../../components/field.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { Time } from "../../components/time.tsx";
import { Bytes } from "../../components/values.tsx";
import type { Repository } from "../../../contract/operations.ts";
import { NothingHere } from "./nothing-here.tsx";

/** Lists a space's repositories. New pushes appear without a reload. */
export function RepositoriesPage() {
  const { space } = useParams({ from: "/signed-in/spaces/$space" });
  const [search, setSearch] = useState("");
  const list = useList("listRepositories", { path: { space }, query: { limit: 1000 } }, { all: true });
  const { items, isPending, hasMore, error, retry } = list;
  const columns = useMemo(() => columnsOf(space), [space]);
  const wanted = search.trim().toLowerCase();
  const found = items.filter(({ name }) => name.includes(wanted));
  return (
    <>
      <PageHead title={space} />
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="the repositories" />}
      {!isPending && !error && items.length === 0 && <NothingHere space={space} />}
      {items.length > 0 && (
        <>
          <div className="toolbar">
            <SearchField label="Search the repositories" value={search} onChange={setSearch} />
            <output className="muted">{count(found.length, items.length, hasMore)}</output>
          </div>
          <div className="card card-table">
            <DataTable
              label={`Repositories of ${space}`}
              rows={found}
              rowId={({ name }) => name}
              columns={columns}
              initialSorting={{ column: "name", direction: "ascending" }}
            />
          </div>
          {found.length === 0 && <p className="muted">No repository has “{search}” in its name.</p>}
        </>
      )}
    </>
  );
}

function count(found: number, all: number, hasMore: boolean): string {
  const total = `${all.toLocaleString()}${hasMore ? " so far, loading more" : ""}`;
  return found === all ? total : `${found.toLocaleString()} of ${total}`;
}

function columnsOf(space: string): readonly Column<Repository>[] {
  return [
    {
      id: "name",
      title: "Repository",
      sortBy: ({ name }) => name,
      cell: ({ name, public: isPublic }) => (
        <>
          <Link to="/spaces/$space/repositories/$repository" params={{ space, repository: name }}>
            {name}
          </Link>{" "}
          {isPublic && <span className="badge">public</span>}
        </>
      ),
    },
    {
      id: "tags",
      title: "Tags",
      align: "end",
      sortBy: ({ tags }) => tags,
      cell: ({ tags }) => tags.toLocaleString(),
    },
    {
      id: "size",
      title: "Size",
      align: "end",
      sortBy: ({ bytes }) => bytes,
      cell: ({ bytes }) => <Bytes count={bytes} />,
    },
    {
      id: "pushed",
      title: "Last push",
      align: "end",
      isSecondary: true,
      sortBy: ({ pushedAt }) => pushedAt,
      cell: ({ pushedAt }) => (pushedAt === null ? <span className="muted">no tags</span> : <Time at={pushedAt} />),
    },
    {
      id: "pulled",
      title: "Last pull",
      align: "end",
      isSecondary: true,
      sortBy: ({ pulledAt }) => pulledAt,
      cell: ({ pulledAt }) => (pulledAt === null ? <span className="muted">never</span> : <Time at={pulledAt} />),
    },
  ];
}

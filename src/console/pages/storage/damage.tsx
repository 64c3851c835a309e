import { Link } from "@tanstack/react-router";
import { useList } from "../../api/queries.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Failure, Warning } from "../../components/notice.tsx";
import { Time } from "../../components/time.tsx";
import { Digest } from "../../components/values.tsx";
import type { Damaged } from "../../../contract/operations.ts";

/** Lists content that cannot be pulled because its bytes are lost or wrong. Shows nothing if all is well. */
export function Damage({ space }: { readonly space: string }) {
  const { items, hasMore, error, retry } = useList(
    "listDamaged",
    { path: { space }, query: { limit: 100 } },
    { isLive: false },
  );
  if (error) return <Failure error={error} onRetry={retry} />;
  if (items.length === 0) return null;
  return (
    <section className="card section" aria-label="Damaged content">
      <h2>Damaged</h2>
      <Warning>
        {hasMore ? "More than 100" : items.length} {items.length === 1 ? "object is" : "objects are"} missing or damaged
        in storage, so images that need them cannot be pulled. Push these images again, with any client, to repair them.
      </Warning>
      <div className="table-scroll">
        <DataTable
          label="Damaged content"
          rows={items}
          rowId={({ repository, digest }) => `${repository} ${digest}`}
          columns={columnsOf(space)}
        />
      </div>
    </section>
  );
}

function columnsOf(space: string): readonly Column<Damaged>[] {
  const path = (fullName: string): string => fullName.slice(space.length + 1);
  return [
    {
      id: "repository",
      title: "Repository",
      sortBy: ({ repository }) => repository,
      cell: ({ repository }) => (
        <Link to="/spaces/$space/repositories/$repository" params={{ space, repository: path(repository) }}>
          {path(repository)}
        </Link>
      ),
    },
    {
      id: "tags",
      title: "Tags that need it",
      cell: ({ tags }) => tags.join(", ") || <span className="muted">none</span>,
    },
    { id: "digest", title: "What", isSecondary: true, cell: ({ digest }) => <Digest digest={digest} /> },
    {
      id: "damage",
      title: "Damage",
      cell: ({ damage }) => (damage === "missing" ? "gone" : "wrong"),
    },
    { id: "since", title: "Found", align: "end", isSecondary: true, cell: ({ since }) => <Time at={since} /> },
  ];
}

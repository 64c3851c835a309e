import { formatBytes } from "../../../oci/size.ts";
import { useList } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { Bytes, Digest } from "../../components/values.tsx";
import type { Collectable } from "../../../contract/operations.ts";

/** Lists content that nothing needs any more, and when it goes. */
export function Collection({ space }: { readonly space: string }) {
  const list = useList("previewCollection", { path: { space }, query: { limit: 100 } }, { isLive: false });
  const { items, isPending, isLoadingMore, hasMore, error, loadMore, retry } = list;
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return (
    <section className="card section" aria-label="What collection takes">
      <h2>To be collected</h2>
      <p className="hint">
        Content that no manifest needs, and deleted repositories, are collected when their grace period ends. Pushing,
        mounting or checking a layer restarts its period.
      </p>
      {error && <Failure error={error} onRetry={retry} />}
      {isPending && <Loading what="unneeded content" />}
      {!isPending && !error && items.length === 0 && !hasMore && (
        <p className="muted">Nothing: all that is stored is needed.</p>
      )}
      {items.length > 0 && (
        <>
          <p>
            {items.length.toLocaleString()} {items.length === 1 ? "item" : "items"} with {formatBytes(bytes)}
            {hasMore && " so far"}.
          </p>
          <div className="table-scroll">
            <DataTable
              label="To be collected"
              rows={items}
              rowId={({ repository, digest }) => `${repository} ${digest}`}
              columns={COLUMNS}
            />
          </div>
        </>
      )}
      {hasMore && (
        <div>
          <Button onClick={loadMore} isBusy={isLoadingMore}>
            Show more
          </Button>
        </div>
      )}
    </section>
  );
}

const COLUMNS: readonly Column<Collectable>[] = [
  {
    id: "repository",
    title: "Repository",
    sortBy: ({ repository }) => repository,
    cell: ({ repository }) => repository,
  },
  {
    id: "what",
    title: "What",
    isSecondary: true,
    cell: ({ digest }) => (digest === null ? "deleted repository" : <Digest digest={digest} />),
  },
  {
    id: "bytes",
    title: "Size",
    align: "end",
    sortBy: ({ bytes }) => bytes,
    cell: ({ bytes }) => <Bytes count={bytes} />,
  },
  {
    id: "until",
    title: "Collected",
    align: "end",
    sortBy: ({ keptUntil }) => keptUntil ?? "~",
    cell: ({ keptUntil }) =>
      keptUntil === null ? <span className="muted">no date yet</span> : <Goes at={keptUntil} />,
  },
];

function Goes({ at }: { readonly at: string }) {
  return new Date(at) > useNow() ? <Time at={at} /> : <span title={at}>in the next run</span>;
}

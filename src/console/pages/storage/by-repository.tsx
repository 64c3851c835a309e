import { Link } from "@tanstack/react-router";
import { useList } from "../../api/queries.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Loading } from "../../components/loading.tsx";
import { Failure } from "../../components/notice.tsx";
import { Bytes } from "../../components/values.tsx";
import type { RepositoryStorage } from "../../../contract/operations.ts";

/** The number of bars that a person takes in at a glance. */
const BARS = 10;

/** Shows the bytes of each repository, the largest first: its own, shared with others, and no longer needed. */
export function ByRepository({ space }: { readonly space: string }) {
  const input = { path: { space }, query: { limit: 100 } };
  const { items, isPending, hasMore, error, retry } = useList("getStorage", input, { all: true, isLive: false });
  if (isPending) return <Loading what="storage by repository" />;
  const largest = items.toSorted((left, right) => right.bytes - left.bytes).slice(0, BARS);
  return (
    <section className="card section" aria-label="By repository">
      <div className="section-head">
        <h2>By repository</h2>
        <ul className="legend">
          <li>
            <i className="part-own" /> its own
          </li>
          <li>
            <i className="part-shared" /> shared with other repositories
          </li>
          <li>
            <i className="part-reclaimable" /> no longer needed
          </li>
        </ul>
      </div>
      {error && <Failure error={error} onRetry={retry} />}
      {items.length === 0 && !error && <p className="muted">Nothing is stored yet.</p>}
      {items.length > 0 && (
        <>
          <ul className="bars" aria-label="The largest repositories">
            {largest.map((repository) => (
              <Bar key={repository.name} space={space} repository={repository} max={largest[0]?.bytes ?? 1} />
            ))}
          </ul>
          {hasMore && <output className="muted">{items.length.toLocaleString()} so far, loading more …</output>}
          <div className="table-scroll">
            <DataTable
              label={`What repositories of ${space} store`}
              rows={items}
              rowId={({ name }) => name}
              columns={columnsOf(space)}
              initialSorting={{ column: "bytes", direction: "descending" }}
            />
          </div>
        </>
      )}
    </section>
  );
}

interface BarProps {
  readonly space: string;
  readonly repository: RepositoryStorage;
  readonly max: number;
}

function Bar({ space, repository, max }: BarProps) {
  const { name, bytes } = repository;
  const { own, shared, reclaimable } = partsOf(repository);
  const width = (value: number): { width: string } => ({ width: `${(100 * value) / Math.max(max, 1)}%` });
  return (
    <li>
      <RepositoryLink space={space} name={name} />
      <span className="bar" aria-hidden="true">
        <span className="part-own" style={width(own)} />
        <span className="part-shared" style={width(shared)} />
        <span className="part-reclaimable" style={width(reclaimable)} />
      </span>
      <span className="bar-value">
        <Bytes count={bytes} />
      </span>
    </li>
  );
}

/** Splits bytes into parts that add up: bytes both shared and no longer needed count as no longer needed. */
function partsOf({
  bytes,
  sharedBytes,
  reclaimableBytes,
}: RepositoryStorage): Record<"own" | "shared" | "reclaimable", number> {
  const reclaimable = Math.min(bytes, reclaimableBytes);
  const shared = Math.min(bytes - reclaimable, sharedBytes);
  return { own: bytes - reclaimable - shared, shared, reclaimable };
}

function RepositoryLink({ space, name }: { readonly space: string; readonly name: string }) {
  return (
    <Link to="/spaces/$space/repositories/$repository" params={{ space, repository: name }} title={name}>
      {name}
    </Link>
  );
}

function columnsOf(space: string): readonly Column<RepositoryStorage>[] {
  return [
    {
      id: "name",
      title: "Repository",
      sortBy: ({ name }) => name,
      cell: ({ name }) => <RepositoryLink space={space} name={name} />,
    },
    {
      id: "bytes",
      title: "Stored",
      align: "end",
      sortBy: ({ bytes }) => bytes,
      cell: ({ bytes }) => <Bytes count={bytes} />,
    },
    {
      id: "shared",
      title: "Shared",
      align: "end",
      isSecondary: true,
      sortBy: ({ sharedBytes }) => sharedBytes,
      cell: ({ sharedBytes }) => <Bytes count={sharedBytes} />,
    },
    {
      id: "reclaimable",
      title: "Unneeded",
      align: "end",
      sortBy: ({ reclaimableBytes }) => reclaimableBytes,
      cell: ({ reclaimableBytes }) => <Bytes count={reclaimableBytes} />,
    },
  ];
}

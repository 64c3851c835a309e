import { LongText, NamedRows } from "../../components/entries-table.tsx";
import type { Difference } from "../../content/differences.ts";

interface DifferencesTableProps {
  readonly title: string;
  readonly differences: readonly Difference[];
  /** What is said where there are none; else nothing is shown then. */
  readonly same?: string;
}

/** What was, and what is: in words too, for those who do not see the colours. */
export function DifferencesTable({ title, differences, same }: DifferencesTableProps) {
  if (differences.length === 0) return same === undefined ? null : <p className="muted">{same}</p>;
  const rows = differences.map(({ name, from, to }) => ({
    key: name,
    name,
    cell: (
      <>
        {from !== null && (
          <del>
            <LongText text={from} />
          </del>
        )}
        {to !== null && (
          <ins>
            <LongText text={to} />
          </ins>
        )}
      </>
    ),
  }));
  return <NamedRows title={title} heading="From and to" rows={rows} />;
}

import { LongText, NamedRows } from "../../components/entries-table.tsx";
import type { Difference } from "../../content/differences.ts";

interface DifferencesTableProps {
  readonly title: string;
  readonly differences: readonly Difference[];
}

/**
 * Lists former and current values, in words too, for readers who do not see the colours. Shows nothing if nothing
 * differs.
 */
export function DifferencesTable({ title, differences }: DifferencesTableProps) {
  if (differences.length === 0) return null;
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

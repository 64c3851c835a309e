import { LongText } from "../../components/entries-table.tsx";
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
  return (
    <section className="entries">
      <h2>{title}</h2>
      <div className="card card-table">
        <table className="entries-table differences" aria-label={title}>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Name</th>
              <th scope="col">From and to</th>
            </tr>
          </thead>
          <tbody>
            {differences.map(({ name, from, to }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
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
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

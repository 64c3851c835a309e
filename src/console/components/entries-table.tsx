import type { ReactNode } from "react";
import type { Entry } from "../content/json.ts";
import { keyed } from "../content/keyed.ts";
import { LinkedText } from "./linked-text.tsx";
import "./entries-table.css";

interface EntriesTableProps {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Shows names and values that others wrote, as text. */
export function EntriesTable({ title, entries }: EntriesTableProps) {
  const rows = keyed(entries, ([name]) => name).map(([key, [name, value]]) => ({
    key,
    name,
    cell: <LongText text={value} />,
  }));
  return <NamedRows title={title} heading="Value" rows={rows} />;
}

interface NamedRowsProps {
  readonly title: string;
  /** The heading of the cells' column. */
  readonly heading: string;
  readonly rows: readonly { readonly key: string; readonly name: string; readonly cell: ReactNode }[];
}

/** Shows one row for each name; nothing if there are no rows. */
export function NamedRows({ title, heading, rows }: NamedRowsProps) {
  if (rows.length === 0) return null;
  return (
    <section className="entries">
      <h2>{title}</h2>
      <div className="card card-table">
        <table className="entries-table" aria-label={title}>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Name</th>
              <th scope="col">{heading}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, name, cell }) => (
              <tr key={key}>
                <th scope="row">{name}</th>
                <td>{cell}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Characters that are shown until the reader asks for more. */
const SHORT = 400;

/** Shows text of any length: its beginning, then the rest on request. */
export function LongText({ text }: { readonly text: string }): ReactNode {
  if (text.length <= SHORT) return <LinkedText text={text} />;
  return (
    <details>
      <summary>{text.slice(0, SHORT / 2)} …</summary>
      <LinkedText text={text} />
    </details>
  );
}

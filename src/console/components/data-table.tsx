import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import { Icon } from "./icon.tsx";
import { compareValues, type SortValue } from "./sort.ts";
import "./data-table.css";

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** Returns the value to sort rows by in this column; without it, the column cannot be sorted. */
  readonly sortBy?: (row: T) => SortValue;
  readonly align?: "end";
  /** True if narrow pages leave the column out. */
  readonly isSecondary?: boolean;
}

export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly onChange: (selected: ReadonlySet<string>) => void;
}

export interface Sorting {
  readonly column: string;
  readonly direction: "ascending" | "descending";
}

interface DataTableProps<T> {
  /** The name of the table, for screen readers. */
  readonly label: string;
  readonly rows: readonly T[];
  readonly rowId: (row: T) => string;
  /** Returns a row's name, for tables whose rows can be selected. */
  readonly rowName?: (row: T) => string;
  /** The columns. The first names the row, and should have its link. */
  readonly columns: readonly Column<T>[];
  readonly initialSorting?: Sorting;
  readonly selection?: Selection;
}

/** Pixels: the estimated height of a row. Visible rows are measured. */
const ROW_HEIGHT = 45;

/** A table of any length, which renders only the visible rows. Arrow keys, Home and End go from row to row. */
export function DataTable<T>({
  label,
  rows,
  rowId,
  rowName = rowId,
  columns,
  initialSorting,
  selection,
}: DataTableProps<T>) {
  const [sorting, setSorting] = useState<Sorting | null>(initialSorting ?? null);
  const sorted = useMemo(() => sortRows(rows, columns, sorting), [rows, columns, sorting]);
  const getItemKey = useCallback((index: number) => keyOf(sorted[index], rowId, index), [sorted, rowId]);
  const ids = useMemo(() => sorted.map(rowId), [sorted, rowId]);
  const body = useRef<HTMLTableSectionElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: sorted.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey,
  });
  const shown = virtualizer.getVirtualItems();
  const margin = virtualizer.options.scrollMargin;
  const before = (shown[0]?.start ?? margin) - margin;
  const after = virtualizer.getTotalSize() - ((shown.at(-1)?.end ?? margin) - margin);
  const goTo = (index: number): void => {
    virtualizer.scrollToIndex(index);
    // A row that was out of sight is rendered within the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => focusRow(body.current, index)));
  };
  return (
    <table className="data-table" aria-label={label} aria-rowcount={sorted.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          {selection && (
            <th scope="col" className="check-cell">
              <SelectAll ids={ids} selection={selection} />
            </th>
          )}
          {columns.map((column) => (
            <Heading key={column.id} column={column} sorting={sorting} onSort={setSorting} />
          ))}
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={(event) => moveByKey(event, sorted.length, goTo)}>
        <Gap height={before} />
        {shown.map(({ index, key }) => {
          const row = sorted[index];
          if (row === undefined) return null;
          const id = rowId(row);
          return (
            <tr key={key} ref={virtualizer.measureElement} data-index={index} aria-rowindex={index + 2}>
              {selection && (
                <td className="check-cell">
                  <input
                    type="checkbox"
                    aria-label={`Select ${rowName(row)}`}
                    checked={selection.selected.has(id)}
                    onChange={() => selection.onChange(selection.selected.symmetricDifference(new Set([id])))}
                  />
                </td>
              )}
              {columns.map((column) => (
                <td key={column.id} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          );
        })}
        <Gap height={after} />
      </tbody>
    </table>
  );
}

interface HeadingProps<T> {
  readonly column: Column<T>;
  readonly sorting: Sorting | null;
  readonly onSort: (sorting: Sorting) => void;
}

function Heading<T>({ column, sorting, onSort }: HeadingProps<T>) {
  if (column.sortBy === undefined) {
    return (
      <th scope="col" className={classOf(column)}>
        {column.title}
      </th>
    );
  }
  const direction = sorting?.column === column.id ? sorting.direction : null;
  const next = direction === "ascending" ? "descending" : "ascending";
  return (
    <th scope="col" className={classOf(column)} aria-sort={direction ?? "none"}>
      <button type="button" onClick={() => onSort({ column: column.id, direction: next })}>
        {column.title}
        {direction && <Icon name={direction === "ascending" ? "up" : "down"} />}
      </button>
    </th>
  );
}

function SelectAll({ ids, selection }: { readonly ids: readonly string[]; readonly selection: Selection }) {
  const all = new Set(ids);
  const isAll = all.size > 0 && all.isSubsetOf(selection.selected);
  const isSome = !isAll && !all.isDisjointFrom(selection.selected);
  return (
    <input
      type="checkbox"
      aria-label="Select all"
      checked={isAll}
      ref={(box) => {
        if (box) box.indeterminate = isSome;
      }}
      onChange={() => selection.onChange(isAll ? selection.selected.difference(all) : selection.selected.union(all))}
    />
  );
}

/** The space of rows that are not rendered. */
function Gap({ height }: { readonly height: number }) {
  return height > 0 ? <tr aria-hidden="true" style={{ height }} /> : null;
}

function classOf<T>({ align, isSecondary = false }: Column<T>): string {
  return `${align === "end" ? "align-end" : ""} ${isSecondary ? "secondary" : ""}`.trim();
}

function keyOf<T>(row: T | undefined, rowId: (row: T) => string, index: number): string | number {
  return row === undefined ? index : rowId(row);
}

function sortRows<T>(rows: readonly T[], columns: readonly Column<T>[], sorting: Sorting | null): readonly T[] {
  const sortBy = columns.find(({ id }) => id === sorting?.column)?.sortBy;
  if (sortBy === undefined) return rows;
  const sign = sorting?.direction === "descending" ? -1 : 1;
  return rows
    .map((row) => ({ row, value: sortBy(row) }))
    .toSorted((left, right) => sign * compareValues(left.value, right.value))
    .map(({ row }) => row);
}

function moveByKey(event: KeyboardEvent<HTMLElement>, count: number, goTo: (index: number) => void): void {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return;
  const index = Number(target.closest("tr")?.dataset["index"]);
  const goals: Partial<Record<string, number>> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: count - 1 };
  const goal = goals[event.key];
  if (goal === undefined || Number.isNaN(goal) || goal < 0 || goal >= count) return;
  event.preventDefault();
  goTo(goal);
}

function focusRow(body: HTMLElement | null, index: number): void {
  const row = body?.querySelector(`tr[data-index="${index}"]`);
  const goal = row?.querySelector("a, button, input");
  if (goal instanceof HTMLElement) goal.focus();
}

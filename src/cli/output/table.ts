import { visibleLine, widthOf } from "./visible.ts";
import { flow, wordsOf, wrap } from "./wrap.ts";

interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** The text below each row, indented; null: nothing. */
  readonly details?: readonly (string | null)[];
}

const GAP = "   ";
const INDENT = "    ";

/** The width down to which columns are broken between words. Most ages and names still fit on one line. */
const NARROW = 14;

interface Column {
  readonly heading: string;
  /** The cells, one for each row. */
  readonly cells: readonly string[];
  /** The width of the heading and all cells. */
  readonly width: number;
  /** The least width at which all words stay whole. */
  readonly least: number;
}

/**
 * Formats rows as columns under a heading; cells may have colours. An empty table is just its heading.
 *
 * No line is longer than `width`, and nothing is left out. Columns are broken between words first. If that is not
 * enough, the columns with the longest words go below their row, where ids, digests and references stay whole, to be
 * copied.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  { width, details = [] }: TableOptions,
): string {
  const columns = heading.map((name, index) =>
    columnOf(
      name,
      rows.map((row) => visibleLine(row[index] ?? "")),
    ),
  );
  const beside = fittingColumns(columns, width);
  const below = columns.filter((column) => !beside.includes(column));
  const widths = fit(beside, width);
  const headings = beside.map((column) => column.heading.toUpperCase());
  return [
    ...rowLines(headings, widths),
    ...rows.flatMap((_, row) => [
      ...rowLines(cellsOf(beside, row), widths),
      ...belowLines(below, row, width),
      ...detailLines(details[row] ?? null, width),
    ]),
  ].join("\n");
}

function columnOf(heading: string, cells: readonly string[]): Column {
  const all = [heading, ...cells];
  const width = Math.max(...all.map(widthOf));
  const word = Math.max(...all.flatMap(wordsOf).map(widthOf));
  return { heading, cells, width, least: Math.max(word, Math.min(width, NARROW)) };
}

function cellsOf(columns: readonly Column[], row: number): readonly string[] {
  return columns.map(({ cells }) => cells[row] ?? "");
}

/** Returns the columns that fit beside each other. The first is always among them, since it names the row. */
function fittingColumns(columns: readonly Column[], limit: number): readonly Column[] {
  const [first, ...others] = columns;
  if (first === undefined || others.length === 0) return columns;
  if (total(columns.map(({ least }) => least)) <= limit) return columns;
  const longest = Math.max(...others.map(({ least }) => least));
  const gone = others.findLast(({ least }) => least === longest);
  return fittingColumns(
    columns.filter((column) => column !== gone),
    limit,
  );
}

/** Computes the widths of columns, and narrows the widest first. */
function fit(columns: readonly Column[], limit: number): readonly number[] {
  const widths = columns.map(({ width }) => width);
  while (total(widths) > limit) {
    const spare = widths.map((width, index) => (width > (columns[index]?.least ?? 0) ? width : 0));
    const widest = Math.max(...spare);
    // Only the first column can be longer than a line.
    if (widest === 0) return [limit];
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

function rowLines(cells: readonly string[], widths: readonly number[]): readonly string[] {
  const wrapped = cells.map((cell, column) => wrap(cell, widths[column] ?? 0));
  const height = Math.max(...wrapped.map((parts) => parts.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((parts, column) => padded(parts[line] ?? "", widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Formats the cells that do not fit in their row, each with its heading. */
function belowLines(columns: readonly Column[], row: number, width: number): readonly string[] {
  const cells = columns.flatMap(({ heading, cells: { [row]: cell = "" } }) =>
    cell === "" ? [] : `${heading}: ${cell}`,
  );
  return cells.length === 0 ? [] : indented(flow(cells, { width: width - INDENT.length, gap: GAP }));
}

function detailLines(detail: string | null, width: number): readonly string[] {
  return detail === null ? [] : indented(wrap(visibleLine(detail), width - INDENT.length));
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => INDENT + line);
}

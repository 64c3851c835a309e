import { visibleLine, widthOf, within } from "./visible.ts";

interface TableOptions {
  /** Columns of the terminal: what is wider goes on below, in its own column. */
  readonly width?: number;
  /** What stands below each row, indented; null: nothing. */
  readonly details?: readonly (string | null)[];
}

const GAP = 3;
const INDENT = 4;

/** Columns are broken down to this, in which most ages and names still stand on one line; and further only where it must be. */
const NARROW = 14;
const NARROWEST = 8;

/** Lines of columns under a heading; cells may have colours. An empty table is just its heading. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, details = [] }: TableOptions = {},
): string {
  const lines = [heading.map((cell) => cell.toUpperCase()), ...rows.map((row) => row.map((cell) => visibleLine(cell)))];
  const widths = fit(
    heading.map((_, column) => lines.map((line) => line[column] ?? "")),
    width,
  );
  return lines
    .flatMap((line, index) => rowLines(line, widths).concat(detailLines(details[index - 1] ?? null, width)))
    .join("\n");
}

function rowLines(cells: readonly string[], widths: readonly number[]): readonly string[] {
  const wrapped = cells.map((cell, column) => wrap(cell, widths[column] ?? 0));
  const height = Math.max(...wrapped.map((parts) => parts.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((parts, column) => padded(parts[line] ?? "", widths[column] ?? 0))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

function detailLines(detail: string | null, width: number): readonly string[] {
  if (detail === null) return [];
  return wrap(visibleLine(detail), width - INDENT).map((line) => `${" ".repeat(INDENT)}${line}`);
}

/** The widths of columns, which are taken from the widest, first between words and then within, until all of it fits. */
function fit(columns: readonly (readonly string[])[], limit: number): readonly number[] {
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => widthOf(cell))));
  const words = columns.map((cells) => longest(cells, () => true));
  const between = words.map((word, column) => Math.max(word, Math.min(widths[column] ?? 0, NARROW)));
  // What a row is called by stays whole, in the first column, and so does what is to be copied.
  const whole = columns.map((cells, column) => longest(cells, (word) => column === 0 || ID.test(word)));
  const broken = (least: number): readonly number[] =>
    words.map((word, column) => Math.max(whole[column] ?? 0, Math.min(word, least)));
  for (const least of [between, broken(NARROW), broken(NARROWEST)]) {
    shrink(widths, least, limit - GAP * (columns.length - 1));
  }
  return widths;
}

/** As `dlv_0193…`, or a digest. */
const ID = /^[a-z]+_[0-9a-f]{16,}$|^(?:sha\d+:)?[0-9a-f]{32,}$/;

function longest(cells: readonly string[], isMeant: (word: string) => boolean): number {
  const words = cells.flatMap((cell) => wordsOf(cell)).filter((word) => isMeant(word));
  return Math.max(0, ...words.map((word) => widthOf(word)));
}

function shrink(widths: number[], least: readonly number[], limit: number): void {
  while (widths.reduce((sum, width) => sum + width, 0) > limit) {
    const spare = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0));
    const widest = Math.max(...spare);
    if (widest === 0) return;
    const column = spare.indexOf(widest);
    widths[column] = widest - 1;
  }
}

/** Breaks between words where it can. */
function wrap(cell: string, width: number): readonly string[] {
  if (widthOf(cell) <= width) return [cell];
  return within(cell, (text) => {
    const lines: string[] = [];
    let line = "";
    for (const word of wordsOf(text).flatMap((one) => piecesOf(one, width))) {
      if (line !== "" && `${line} ${word}`.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}

function wordsOf(text: string): readonly string[] {
  return text.split(" ");
}

function piecesOf(word: string, width: number): readonly string[] {
  if (word.length <= width || width < 1) return [word];
  return Array.from({ length: Math.ceil(word.length / width) }, (_, index) =>
    word.slice(index * width, (index + 1) * width),
  );
}

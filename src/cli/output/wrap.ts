import { widthOf, within } from "./visible.ts";

/** Breaks a text into lines, between words if possible, and keeps its colour. */
export function wrap(text: string, width: number): readonly string[] {
  return broken(text, width, (plain) => wordsOf(plain).flatMap((word) => piecesOf(word, width)));
}

/** Breaks a text only between words, so that each word can be copied. */
export function lineUp(text: string, width: number): readonly string[] {
  return broken(text, width, wordsOf);
}

function broken(text: string, width: number, partsOf: (plain: string) => readonly string[]): readonly string[] {
  if (widthOf(text) <= width) return [text];
  return within(text, (plain) => {
    const lines: string[] = [];
    let line: string | null = null;
    for (const part of partsOf(plain)) {
      const longer: string = line === null ? part : `${line} ${part}`;
      if (line !== null && line.trim() !== "" && longer.length > width) {
        lines.push(line);
        line = part;
      } else line = longer;
    }
    return [...lines, line ?? ""];
  });
}

export function wordsOf(text: string): readonly string[] {
  return text.split(" ");
}

interface Flow {
  readonly width: number;
  /** The text between parts on one line. */
  readonly gap: string;
  /** The beginning of each further line. */
  readonly indent?: string;
}

/**
 * Puts parts beside each other as far as they fit on a line, and the rest below. Only a part longer than a line is
 * broken.
 */
export function flow(parts: readonly string[], { width, gap, indent = "" }: Flow): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : line + gap + part;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    const wrapped = wrap(part, width - indent.length);
    const begun = line === "" ? [] : [line];
    const all = [
      ...begun,
      ...wrapped.map((one, index) => (begun.length + lines.length + index > 0 ? indent : "") + one),
    ];
    lines.push(...all.slice(0, -1));
    line = all.at(-1) ?? "";
  }
  return [...lines, line];
}

const MARKS = ["@", ":", "/"];

/**
 * Breaks a word that is longer than a line, preferably before a part of an address or a reference near the line's end.
 */
function piecesOf(word: string, width: number): readonly string[] {
  if (word.length <= width || width < 1) return [word];
  const mark = Math.max(...MARKS.map((one) => word.lastIndexOf(one, width)));
  const end = mark > width / 2 ? mark : width;
  return [word.slice(0, end), ...piecesOf(word.slice(end), width)];
}

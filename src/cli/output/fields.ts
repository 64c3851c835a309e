import { lineUp } from "./wrap.ts";

/**
 * Formats a thing's fields, one a line, without those that are null. A long value continues on the next line, below its
 * beginning. Words stay whole, since secrets and addresses are copied.
 */
export function fields(rows: Readonly<Record<string, string | null>>, width: number): string {
  const shown = Object.entries(rows).flatMap(([name, value]) => (value === null ? [] : [[`${name}:`, value] as const]));
  const indent = Math.max(...shown.map(([name]) => name.length)) + 2;
  return shown
    .flatMap(([name, value]) => {
      const lines = value.split("\n").flatMap((line) => lineUp(line, width - indent));
      return lines.map((line, index) => (index === 0 ? name : "").padEnd(indent) + line);
    })
    .join("\n");
}

import { lineUp } from "./wrap.ts";

/**
 * A thing's fields, one a line, without those that are null. What is too long for a line goes on below, beside its name;
 * a word stays whole, since secrets and addresses are copied.
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

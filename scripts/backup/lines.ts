import { createReadStream } from "node:fs";

/**
 * Reads a file's lines, which end with line feeds alone. Node's own readline also ends a line at U+2028, which JSON and
 * SQL may contain.
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of createReadStream(file, "utf8")) {
    const lines = `${rest}${String(piece)}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

import { createReadStream } from "node:fs";

/** A file's lines. They end with line feeds alone: Node's own readline takes U+2028 for an end too, which may stand in JSON and SQL. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of createReadStream(file, "utf8")) {
    const lines = `${rest}${String(piece)}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

const docs = resolve(import.meta.dirname, "../../../docs");

/** Commands that only an account can run. */
const REMOTE = /--remote|^npx wrangler|^npm run deploy/;

/** Returns the lines of the code blocks below a heading of a guide, as they stand there, that can be run on this machine. */
export async function commandsIn(guide: string, heading: string): Promise<readonly string[]> {
  const text = await readFile(resolve(docs, guide), "utf8");
  const section = text.split(/^## /m).find((one) => one.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${guide} has no section "${heading}"`);
  const blocks = section.matchAll(/^```\n([\s\S]*?)^```$/gm);
  const lines = [...blocks].flatMap(([, block = ""]) => block.split("\n").filter((line) => line !== ""));
  return lines.filter((line) => !REMOTE.test(line));
}

/**
 * `npm run console:size`: prints how much JavaScript the console loads first, and the size of each of its parts. It
 * fails if that is too much.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { formatBytes } from "../src/oci/size.ts";
import { buildConsole } from "./console.ts";

/** The most bytes of gzip that a browser loads before the first page. */
const MAX_FIRST_LOAD = 250_000;

const directory = resolve(import.meta.dirname, "../dist/console");

/** Vite's own list of the files that it built, by source. */
const manifestShape = z.record(
  z.string(),
  z.object({
    file: z.string(),
    isEntry: z.boolean().default(false),
    imports: z.array(z.string()).default([]),
    dynamicImports: z.array(z.string()).default([]),
  }),
);

await buildConsole();
const manifest = manifestShape.parse(JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")));
const entries = Object.keys(manifest).filter((source) => manifest[source]?.isEntry);
const shell = withImports(entries);
const pages = entries.flatMap((source) => manifest[source]?.dynamicImports ?? []);
const largest = Math.max(0, ...pages.map((page) => sizeOf(withImports([page]).difference(shell))));
const first = sizeOf(shell) + largest;

for (const page of pages)
  console.log(`${formatBytes(sizeOf(withImports([page]).difference(shell))).padStart(9)}  ${page}`);
console.log(`${formatBytes(sizeOf(shell)).padStart(9)}  the shell`);
console.log(
  `${formatBytes(first).padStart(9)}  first load: the shell and the largest page, of ${formatBytes(MAX_FIRST_LOAD)}`,
);
if (first > MAX_FIRST_LOAD) {
  console.error("The console's first load is too large: load more of it later (docs/decisions/0015-the-console.md).");
  process.exitCode = 1;
}

/** Returns the files of these sources, and of everything that they import at once. */
function withImports(sources: readonly string[], seen: Set<string> = new Set<string>()): Set<string> {
  for (const source of sources) {
    const chunk = manifest[source];
    if (chunk === undefined || seen.has(chunk.file)) continue;
    seen.add(chunk.file);
    withImports(chunk.imports, seen);
  }
  return seen;
}

function sizeOf(files: ReadonlySet<string>): number {
  return [...files]
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(directory, file))).length, 0);
}

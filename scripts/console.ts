/** `npm run console:build`: builds the console into dist/console, which the Worker serves. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "vite";

const root = resolve(import.meta.dirname, "..");

/** Files that the console is built from. */
const SOURCES = ["src/{console,cli,oci}/**", "vite.config.ts", "package-lock.json", "scripts/console.ts"];

/** The file that records the sources of the console that was built last. */
const STAMP = join(root, "dist/console.built-from");

/** Builds the console, unless the present one has exactly these sources: another server may be serving it. */
export async function buildConsole(): Promise<void> {
  const sources = digestOfSources();
  const isBuilt = existsSync(join(root, "dist/console/index.html")) && existsSync(STAMP);
  if (isBuilt && readFileSync(STAMP, "utf8") === sources) return;
  // A test runner's NODE_ENV would make a development build, whose React is several times slower.
  process.env["NODE_ENV"] = "production";
  await build({ root: join(root, "src/console"), configFile: join(root, "vite.config.ts"), logLevel: "warn" });
  writeFileSync(STAMP, sources);
}

function digestOfSources(): string {
  const hash = createHash("sha256");
  for (const file of globSync(SOURCES, { cwd: root }).toSorted()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex");
}

if (import.meta.main) await buildConsole();

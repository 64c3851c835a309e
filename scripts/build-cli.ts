/** Builds the command line into one file that needs only Node. It is run by `npm ci` and before packing. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const directory = join(root, "dist");
const bin = join(directory, "spacedock.js");

// Some packages find modules by `require` that are built into Node; a module has no `require` of its own.
const banner = `#!/usr/bin/env node
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

mkdirSync(directory, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/cli/main.ts"],
  outfile: bin,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  banner: { js: banner },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
chmodSync(bin, 0o755);
writeFileSync(join(directory, "LICENSES.txt"), licenses(metafile));

/** Collects the licenses of the bundled packages, since most ask for a copy to come along. */
function licenses({ inputs }: Metafile): string {
  const packages = new Set(
    Object.keys(inputs).flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  return [...packages]
    .toSorted()
    .map((one) => {
      const file = readdirSync(join(root, one)).find((name) => /^licen[cs]e/i.test(name));
      const text =
        file !== undefined && existsSync(join(root, one, file)) ? readFileSync(join(root, one, file), "utf8") : "";
      return `${one.replace(/^.*node_modules\//, "")}\n\n${text.trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

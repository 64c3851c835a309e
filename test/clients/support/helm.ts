import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "./home.ts";
import { scratch } from "./scratch.ts";

interface Chart {
  /** The name without the chart's own, which helm adds itself. */
  readonly parent: string;
  readonly name: string;
  readonly version: string;
}

/** Takes a name with a tag apart, as helm does. */
export function chartOf(tagged: string): Chart {
  const [, parent, name, version] = /^(.*)\/([^/:]+):([^:]+)$/.exec(tagged) ?? [];
  if (parent === undefined || name === undefined || version === undefined) throw new Error(`no chart: ${tagged}`);
  return { parent, name, version };
}

/** Makes the package of a chart, and returns its path. */
export async function makeChart(home: Home, { name, version }: Chart): Promise<string> {
  const directory = join(scratch(home), name);
  await mkdir(join(directory, "templates"), { recursive: true });
  const about = ["apiVersion: v2", `name: ${name}`, `version: ${version}`, "description: made for a test"];
  await writeFile(join(directory, "Chart.yaml"), `${about.join("\n")}\n`);
  await writeFile(join(directory, "templates", "notes.yaml"), "# nothing to install\n");
  await home.run("helm", ["package", directory, "--destination", home.directory]);
  return home.path(`${name}-${version}.tgz`);
}

export function login(home: Home, host: string, password: string): Promise<string> {
  return home.run(
    "helm",
    ["registry", "login", "--plain-http", "--username", "ci", "--password-stdin", host],
    password,
  );
}

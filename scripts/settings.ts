/** Settings and cron triggers for scripts, read from wrangler.toml, which is the only place that has them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const TOML = readFileSync(join(import.meta.dirname, "../wrangler.toml"), "utf8");

/** Names of all settings: those that are set, and those that appear in a comment with their default. */
export const SETTINGS: readonly string[] = [...section("vars").matchAll(/^(?:# )?([A-Z][A-Z0-9_]*) = /gm)].map(
  ([, name = ""]) => name,
);

/** The cron trigger of each kind of upkeep. */
export const CRONS: readonly string[] = [...section("triggers").matchAll(/"([^"]+)"/g)].map(([, cron = ""]) => cron);

function section(name: string): string {
  const [, rest = ""] = TOML.split(`\n[${name}]\n`);
  return rest.split(/^\[/m, 1)[0] ?? "";
}

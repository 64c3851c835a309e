/** What wrangler.toml says, for scripts: one place has the settings and the cron triggers, and that is it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const TOML = readFileSync(join(import.meta.dirname, "../wrangler.toml"), "utf8");

/** The names of all settings: those that are set, and those that stand there as a comment with their default. */
export const SETTINGS: readonly string[] = [...section("vars").matchAll(/^(?:# )?([A-Z][A-Z0-9_]*) = /gm)].map(
  ([, name = ""]) => name,
);

/** When each kind of upkeep has its turn. */
export const CRONS: readonly string[] = [...section("triggers").matchAll(/"([^"]+)"/g)].map(([, cron = ""]) => cron);

function section(name: string): string {
  const [, rest = ""] = TOML.split(`\n[${name}]\n`);
  return rest.split(/^\[/m, 1)[0] ?? "";
}

import { parseArgs } from "node:util";
import { Problem } from "./problem.ts";

const USAGE = `usage: npm run deploy -- [options]

  --name <name>       of a further installation in the account; all that wrangler.toml names is then named after it
  --config <file>     another file than wrangler.toml
  --secrets <file>    where the secrets are kept (.secrets.<name>.json)
  --rotate <secret>   makes a new admin-token, encryption-key or signing-keys, and deploys it; may be given more than once
  --forget-old-keys   with --rotate signing-keys: what the old keys signed is no longer accepted
  --yes               with --rotate encryption-key: yes, all targets will be given their secrets anew
  --adopt             the database and the bucket that are there under these names belong to this registry
  --take-over         a first deployment with another secrets file was given up
  --import-migrations sends migrations as files, where D1 does not take them as queries
  --dry-run           builds and checks everything that can be checked without an account`;

const OPTIONS = {
  name: { type: "string" },
  config: { type: "string" },
  secrets: { type: "string" },
  rotate: { type: "string", multiple: true },
  "forget-old-keys": { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  adopt: { type: "boolean", default: false },
  "take-over": { type: "boolean", default: false },
  "import-migrations": { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export type Options = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}

/** Reads the command's options. Null: the usage was asked for, and has been shown. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const options = parse(args);
    if (!options.help) return options;
    console.log(USAGE);
    return null;
  } catch (error) {
    throw new Problem(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

import { relative } from "node:path";
import type { Installation } from "./installation.ts";
import { type KeptSecrets, SECRET_NAMES } from "./secrets-file.ts";

/** Prints where the secrets are, and which ones the file does not have. */
export function saySecrets(file: string, { secrets }: KeptSecrets, deployed: readonly string[]): void {
  const name = shortName(file);
  console.log(`Secrets are kept in ${name}. Keep a copy of that file: Cloudflare shows them to nobody.`);
  for (const secret of SECRET_NAMES.filter((one) => secrets[one] === undefined && deployed.includes(one)))
    console.log(
      `The Worker has ${secret}, which ${name} does not hold. If nobody has it any more, make a new one: npm run deploy -- --rotate ${ROTATED_AS[secret]}`,
    );
}

const ROTATED_AS = {
  ADMIN_TOKEN: "admin-token",
  ENCRYPTION_KEY: "encryption-key",
  SIGNING_KEYS: "signing-keys",
} as const;

/** Prints what was made in the account. */
export function sayMade(names: readonly string[]): void {
  if (names.length > 0) console.log(`Made in the account: ${names.join(", ")}.`);
}

/** Prints in one line which migrations were applied, even if they are many. */
export function sayMigrated(names: readonly string[]): void {
  const [first, ...more] = names;
  const last = more.at(-1);
  if (first === undefined) console.log("The database is up to date.");
  else if (last === undefined) console.log(`Applied the migration ${first}.`);
  else console.log(`Applied ${names.length} migrations, ${first} to ${last}.`);
}

interface Deployed {
  readonly installation: Installation;
  /** The account's name on workers.dev. */
  readonly subdomain: string | null;
  readonly file: string;
  readonly kept: KeptSecrets;
  /** True if the next steps have not been printed yet. */
  readonly isNew: boolean;
}

/**
 * Prints the registry's address. The next steps are printed after the first deployment only, and the admin token once.
 */
export function sayDeployed({ installation, subdomain, file, kept, isNew }: Deployed): void {
  const url = installation.ownAddress ?? `https://${installation.name}.${subdomain ?? "<subdomain>"}.workers.dev`;
  console.log(`\nSpacedock is deployed on ${url}.`);
  if (kept.isTokenUnshown)
    console.log(
      `\nThe admin token, shown this once (it stays in ${shortName(file)}):\n\n  ${kept.secrets.ADMIN_TOKEN ?? ""}`,
    );
  if (isNew) console.log(nextSteps(url));
}

function nextSteps(url: string): string {
  return `
Next, open ${url} and sign in with it, or make a space and a token for it, and log in with that token as the password:

  export ADMIN_TOKEN=...
  curl -X POST ${url}/api/v1/spaces -H "Authorization: Bearer $ADMIN_TOKEN" -d '{"name":"acme"}'
  curl -X POST ${url}/api/v1/spaces/acme/tokens -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -d '{"name":"ci","actions":["pull","push"]}'
  docker login ${url.replace("https://", "")} -u acme
`;
}

function shortName(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") ? file : short;
}

import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { buildConsole } from "../console.ts";
import { chooseAccount, findLogin } from "./account.ts";
import { type Api, openApi } from "./api.ts";
import { check, kindOf } from "./check.ts";
import { query } from "./database.ts";
import { explain } from "./explain.ts";
import { CLAIMS, claimantOf, claimFirstDeploy, releaseFirstDeploy } from "./first-deploy.ts";
import { type Installation, readInstallation, writeConfig } from "./installation.ts";
import { type Found, findWorker, look } from "./look.ts";
import { migrate } from "./migrate.ts";
import type { Options } from "./options.ts";
import { planSecrets } from "./plan-secrets.ts";
import { Problem, sentenceOf } from "./problem.ts";
import { sayDeployed, sayMade, sayMigrated, saySecrets } from "./report.ts";
import { makeResources } from "./resources.ts";
import {
  isIgnoredByGit,
  type KeptSecrets,
  lockSecretsFile,
  readSecretsFile,
  SECRET_NAMES,
  writeSecretsFile,
} from "./secrets-file.ts";
import { upload } from "./upload.ts";

/** The place that a deployment goes to, and its state before. */
interface Place {
  readonly api: Api;
  readonly account: string;
  readonly installation: Installation;
  readonly found: Found;
  /** The secrets file. */
  readonly file: string;
}

interface Stage {
  /** True if no registry is there yet. */
  readonly isFirst: boolean;
  /** True if the next steps have not been printed yet. */
  readonly isNew: boolean;
}

/** Deploys the registry. Throws a `Problem` if that fails; the next run goes on where this one ended. */
export async function deploy(options: Options): Promise<void> {
  const installation = readInstallation(options.config, options.name);
  const file = resolve(options.secrets ?? `.secrets.${installation.name}.json`);
  const unlock = lockSecretsFile(file);
  try {
    const api = openApi(await findLogin());
    let account: string | null = null;
    try {
      account = await chooseAccount(api, installation.accountId);
      console.log(`Looking at the account ${account} …`);
      const found = await look(api, account, installation);
      await deployTo({ api, account, installation, found, file }, options);
    } catch (error) {
      throw withSecretsFile(await explain(error, api, account), file);
    }
  } finally {
    unlock();
  }
}

async function deployTo(place: Place, options: Options): Promise<void> {
  const { api, account, installation, found, file } = place;
  const before = readSecretsFile(file) ?? { undeployed: [], isTokenUnshown: false, secrets: {} };
  await check({ api, account, installation, found, kept: before, adopt: options.adopt });
  const isFirst = found.worker === null || kindOf(found.worker) === "draft";
  const ours = isFirst ? before : await withoutLost(place, before);
  const deployed = found.worker?.secrets ?? [];
  const wish = { rotate: options.rotate ?? [], forgetOldKeys: options["forget-old-keys"], yes: options.yes };
  const planned = await planSecrets(ours, deployed, wish, new Date());
  const firstDeploy = isFirst ? (planned.firstDeploy ?? randomUUID()) : planned.firstDeploy;
  const kept: KeptSecrets = { ...planned, name: installation.name, account, ...(firstDeploy && { firstDeploy }) };
  await buildConsole();
  if (!isIgnoredByGit(file))
    throw new Problem(
      `git would take ${file} into the repository, and it holds secrets. Name a file that .gitignore has: --secrets .secrets.${installation.name}.json`,
    );
  // Saved before the deployment: the Worker never shows its secrets.
  writeSecretsFile(file, kept);
  saySecrets(file, kept, deployed);
  await change(place, kept, options, { isFirst, isNew: isFirst || before.firstDeploy !== undefined });
}

/** Makes all changes to the account. Each step may be repeated. */
async function change(
  { api, account, installation, found, file }: Place,
  kept: KeptSecrets,
  options: Options,
  { isFirst, isNew }: Stage,
): Promise<void> {
  const { databaseId, names } = await makeResources(api, account, installation, found);
  sayMade(names);
  if (isFirst && kept.firstDeploy !== undefined)
    await claimFirstDeploy(api, account, databaseId, kept.firstDeploy, options["take-over"]);
  const configFile = writeConfig(installation, account, databaseId);
  // The schema comes first, since the new code needs it.
  const target = { api, account, databaseId, configFile, byImport: options["import-migrations"] };
  sayMigrated(await migrate(target, installation));
  if (isFirst) await confirmFirst(api, account, installation, databaseId);
  console.log("Uploading the Worker …");
  await upload(configFile, kept);
  const done: KeptSecrets = { ...kept, undeployed: [] };
  writeSecretsFile(file, done);
  if (kept.firstDeploy !== undefined) await releaseFirstDeploy(api, account, databaseId);
  sayDeployed({ installation, subdomain: found.subdomain, file, kept: done, isNew });
  const { firstDeploy: _, ...rest } = done;
  writeSecretsFile(file, { ...rest, isTokenUnshown: false });
}

/** Throws if another first deployment has ended since we looked: it may have held the claim before. */
async function confirmFirst(api: Api, account: string, { name }: Installation, databaseId: string): Promise<void> {
  const worker = await findWorker(api, account, name);
  if (worker === null || kindOf(worker) === "draft") return;
  await releaseFirstDeploy(api, account, databaseId);
  throw new Problem(
    "another first deployment of this registry has just ended, and its secrets are the ones that count. Run the command again to update it",
  );
}

/**
 * Removes secrets of a first deployment that never reached the Worker because another one came first. They must not
 * replace the Worker's present secrets.
 */
async function withoutLost({ api, account, found, file }: Place, kept: KeptSecrets): Promise<KeptSecrets> {
  if (kept.firstDeploy === undefined || found.databaseId === null) return kept;
  const named = `SELECT name FROM sqlite_master WHERE name = '${CLAIMS}'`;
  const isClaimed = (await query(api, account, found.databaseId, named)).length > 0;
  const claimant = isClaimed ? await claimantOf(api, account, found.databaseId) : null;
  if (claimant?.id === kept.firstDeploy) return kept;
  const { firstDeploy: _, ...rest } = kept;
  if (kept.undeployed.length === 0) return rest;
  console.log(
    `The registry was deployed by another first deployment, whose secrets count. Those in ${file} were never deployed, and are forgotten.`,
  );
  const left = SECRET_NAMES.filter((name) => !kept.undeployed.includes(name));
  const secrets = Object.fromEntries(left.map((name) => [name, kept.secrets[name]]));
  return { ...rest, undeployed: [], isTokenUnshown: false, secrets };
}

/** Adds the place of the secrets to an error, if there are new ones that were not shown or not deployed yet. */
function withSecretsFile(error: unknown, file: string): unknown {
  // An error about a file that cannot be read names the file already.
  if (error instanceof Problem && error.message.startsWith(file)) return error;
  const kept = readSecretsFile(file);
  if (kept === null || (!kept.isTokenUnshown && kept.undeployed.length === 0)) return error;
  const what = kept.isTokenUnshown ? "The secrets, the admin token among them, are" : "The secrets are";
  return new Problem(`${sentenceOf(error)}.\n${what} kept in ${file}.`);
}

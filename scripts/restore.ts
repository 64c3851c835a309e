/**
 * `npm run restore -- <directory>`: restores a backup that `npm run backup` made into an empty registry. docs/backup.md is the guide.
 *
 *   --remote             the registry in the Cloudflare account; without it, the one that `npm start` keeps here
 *   --name <name>        with --remote: a further installation in the account
 *   --persist-to <dir>   the directory in which `npm start` keeps it (STATE_DIR, or .wrangler/state)
 *   --replace            throws away the rows that are there
 */
import { fail, parseCommand, report, withStorage } from "./backup/command.ts";
import { restoreFrom } from "./backup/restore-from.ts";

const usage = "npm run restore -- <directory> [--remote [--name <name>]] [--persist-to <directory>] [--replace]";
const { directory, place, replace } = parseCommand(usage, true);

const { index, tally } = await withStorage(place, (storage) => restoreFrom(directory, storage, replace));
report(tally);
if (tally.problems.length > 0)
  fail("all rows are restored, but what needs these objects cannot be pulled; --replace tries again");
console.log(`The registry is restored, as of ${index.madeAt}.`);

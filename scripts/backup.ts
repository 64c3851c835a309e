/**
 * `npm run backup -- <directory>`: copies the registry's rows, and the bytes that they point to, into a directory. The next
 * backup into the same directory copies only what is new. docs/backup.md is the guide.
 *
 *   --remote             the registry in the Cloudflare account; without it, the one that `npm start` keeps here
 *   --name <name>        with --remote: a further installation in the account
 *   --persist-to <dir>   the directory in which `npm start` keeps it (STATE_DIR, or .wrangler/state)
 */
import { backUp } from "./backup/back-up.ts";
import { fail, parseCommand, report, withStorage } from "./backup/command.ts";

const { directory, place } = parseCommand(
  "npm run backup -- <directory> [--remote [--name <name>]] [--persist-to <directory>]",
);

const { index, tally } = await withStorage(place, (storage) => backUp(storage, directory));
report(tally);
if (tally.problems.length > 0) fail("the backup lacks these objects; the next one into this directory tries again");
console.log(`The backup in ${directory} is complete, as of ${index.madeAt}.`);

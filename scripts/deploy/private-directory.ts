import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

/** Signals that end the command unless it listens to them. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `action` with a directory that only this user can read. The directory is removed afterwards, even if a signal
 * ends the command.
 */
export async function withPrivateDirectory<T>(action: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "spacedock-deploy-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  for (const signal of ENDING) process.once(signal, end);
  try {
    return await action(directory);
  } finally {
    remove();
    process.off("exit", remove);
    for (const signal of ENDING) process.off(signal, end);
  }
}

/** Ends the process with the status by which a shell reports a signal. Exit handlers still run. */
function end(signal: (typeof ENDING)[number]): never {
  process.exit(128 + constants.signals[signal]);
}

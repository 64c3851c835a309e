/** Files that only their owner can read: a backup holds private images, and the data of each token and target. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";

export const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Makes the directory, or closes an existing one to others. */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  chmodSync(directory, PRIVATE_DIRECTORY);
}

/** Makes an empty file for a writer that takes no mode. Throws if the file exists. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, "wx", PRIVATE_FILE));
}

/** Closes a file to others. An older version or another program may have made it. */
export function makePrivate(file: string): void {
  chmodSync(file, PRIVATE_FILE);
}

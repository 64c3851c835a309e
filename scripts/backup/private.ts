/** Files that nobody but their owner reads: a backup holds private images, and what is known of each token and target. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";

export const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Makes the directory, or closes to others the one that is there. */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  chmodSync(directory, PRIVATE_DIRECTORY);
}

/** Makes an empty file for what asks for no mode when it writes. Throws where there is one. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, "wx", PRIVATE_FILE));
}

/** Closes a file to others that was made by an older version, or by another program. */
export function makePrivate(file: string): void {
  chmodSync(file, PRIVATE_FILE);
}

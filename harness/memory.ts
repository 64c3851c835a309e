import { accessSync, constants, statfsSync } from "node:fs";

const FOLDER = "/dev/shm";
/** Bytes: several times what all tests together leave there while they run. */
const ROOM = 2 * 1024 ** 3;

/**
 * Keeps temporary files in memory from now on, where this machine has a folder for it, unless `TMPDIR` names another. The local
 * R2, D1 and Durable Objects flush each write: on a disk, tests wait for it most of their time.
 */
export function keepFilesInMemory(): void {
  if (process.env["TMPDIR"] === undefined && hasRoom()) process.env["TMPDIR"] = FOLDER;
}

function hasRoom(): boolean {
  try {
    accessSync(FOLDER, constants.W_OK);
    const { bavail, bsize } = statfsSync(FOLDER);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}

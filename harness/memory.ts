import { accessSync, constants, statfsSync } from "node:fs";

const FOLDER = "/dev/shm";
/** Bytes: several times as many as all tests together keep there while they run. */
const ROOM = 2 * 1024 ** 3;

/**
 * Keeps temporary files in memory from now on, if this machine has a folder for that and `TMPDIR` names no
 * other. The local R2, D1 and Durable Objects flush each write, and on a disk tests would mostly wait for
 * that.
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

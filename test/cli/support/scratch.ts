import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Makes a directory for the tests of a file; it is removed after them. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cli-test-"));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

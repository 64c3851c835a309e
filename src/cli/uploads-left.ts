import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Digest } from "../oci/digest.ts";
import type { RegistryAddress } from "./client/reference.ts";
import type { UploadMemory } from "./client/upload.ts";
import type { UploadPosition } from "./client/upload-session.ts";
import type { Environment } from "./context.ts";
import { cacheDirectory } from "./settings.ts";

/** Uploads that were broken off, so that the next run goes on within them. */
export interface UploadsLeft {
  /** What is kept of one blob's upload. Being unable to keep it is no failure: the upload then begins anew. */
  memory(registry: RegistryAddress, repository: string, digest: Digest): UploadMemory;
}

/** Milliseconds: registries give up sessions that nobody has touched for about as long. */
const KEPT_FOR = 24 * 60 * 60 * 1000;

const kept = z.object({ location: z.url({ protocol: /^https?$/ }), offset: z.int().nonnegative() });

/** Opens what earlier runs left, and drops what is too old. Each upload has a file of its own: runs may overlap. */
export async function openUploadsLeft(env: Environment, now: Date = new Date()): Promise<UploadsLeft> {
  const directory = join(cacheDirectory(env), "uploads");
  await dropOld(directory, now);
  return {
    memory: (registry, repository, digest) => {
      const key = [registry.origin, repository, digest].join("\n");
      const file = join(directory, `${createHash("sha256").update(key).digest("hex")}.json`);
      return {
        recall: () => recall(file),
        remember: (position) => (position === null ? forget(file) : keep(directory, file, position)),
      };
    },
  };
}

async function recall(file: string): Promise<UploadPosition | null> {
  try {
    return kept.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null;
  }
}

/** The address of a session may be all that it takes to write to it: the file is its owner's alone. */
async function keep(directory: string, file: string, { location, offset }: UploadPosition): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify({ location, offset }), { mode: 0o600 });
    await rename(draft, file);
  } catch {
    // A full or read-only disk must not end an upload that needs none.
  }
}

/** Where it cannot be deleted, there is none, or it will turn out to be of no use. */
async function forget(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined);
}

async function dropOld(directory: string, now: Date): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const file = join(directory, name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now.getTime() }));
    if (now.getTime() - mtimeMs > KEPT_FOR) await forget(file);
  }
}

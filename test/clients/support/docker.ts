import { mkdir } from "node:fs/promises";
import { writeRandomTree } from "./content.ts";
import type { Client } from "./contract.ts";
import type { Home } from "./home.ts";
import { scratch } from "./scratch.ts";

/** Makes an image of one layer with files of the given sizes. Returns the directory with the files. */
export async function importImage(home: Home, name: string, sizes: readonly number[]): Promise<string> {
  const parent = scratch(home);
  await writeRandomTree(`${parent}/files`, sizes);
  await home.run("sh", ["-c", 'tar -C "$0" -c files | docker import - "$1"', parent, name]);
  return `${parent}/files`;
}

export async function push(home: Home, name: string): Promise<string> {
  const printed = await home.run("docker", ["push", name]);
  return /digest: (sha256:[0-9a-f]{64})/.exec(printed)?.[1] ?? "";
}

/** Pulls after the engine has forgotten the image, and returns the digest of the pull. */
export async function pull(home: Home, name: string): Promise<string> {
  await home.attempt("docker", ["image", "rm", "--force", name]);
  const printed = await home.run("docker", ["pull", name]);
  return /Digest: (sha256:[0-9a-f]{64})/.exec(printed)?.[1] ?? "";
}

/** Unpacks the files of an image, and returns the directory with them. */
export async function filesOf(home: Home, name: string): Promise<string> {
  const directory = scratch(home);
  await mkdir(directory);
  const container = (await home.run("docker", ["create", "--network=none", name, "none"])).trim();
  // The engine adds its own directories to every container.
  await home.run("sh", ["-c", 'docker export "$0" | tar -x -C "$1" files', container, directory]);
  await home.run("docker", ["rm", container]);
  return `${directory}/files`;
}

/** Docker, with an engine at this address. */
export function dockerClient(engine: string): Client {
  return {
    env: { DOCKER_HOST: engine, DOCKER_BUILDKIT: "0" },
    login: (home, host, password) =>
      home.run("docker", ["login", "--username", "ci", "--password-stdin", host], password),
    push: async (home, name) => {
      await importImage(home, name, [20_000, 1_000_000]);
      return push(home, name);
    },
    pull,
  };
}

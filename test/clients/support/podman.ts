import { readFile } from "node:fs/promises";
import { writeRandomTree } from "./content.ts";
import type { Client } from "./contract.ts";
import type { Home } from "./home.ts";
import { scratch } from "./scratch.ts";

/** Makes an image of one layer and returns the directory with its files. */
export async function importImage(
  home: Home,
  name: string,
  sizes: readonly number[] = [20_000, 1_000_000],
): Promise<string> {
  const directory = scratch(home);
  await writeRandomTree(directory, sizes);
  await home.run("sh", ["-c", 'tar -C "$0" -c . | podman import - "$1"', directory, name]);
  return directory;
}

export async function push(home: Home, name: string): Promise<string> {
  const digestFile = scratch(home);
  await home.run("podman", ["push", "--tls-verify=false", "--digestfile", digestFile, name]);
  return readFile(digestFile, "utf8");
}

export const podman: Client = {
  login: (home, host, password) =>
    home.run("podman", ["login", "--tls-verify=false", "--username", "ci", "--password-stdin", host], password),
  push: async (home, name) => {
    await importImage(home, name);
    return push(home, name);
  },
  pull: async (home, name) => {
    await home.run("podman", ["pull", "--tls-verify=false", name]);
    return (await home.run("podman", ["image", "inspect", "--format", "{{.Digest}}", name])).trim();
  },
};

/** Returns the directory with the files of a pulled image. */
export async function mount(home: Home, name: string): Promise<string> {
  return (await home.run("podman", ["image", "mount", name])).trim();
}

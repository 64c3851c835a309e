import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../../harness/live/process.ts";
import { attempt, type Outcome, type Printed, run, runAll } from "../../../harness/live/run.ts";
import { toolsPath } from "../../../harness/live/tools.ts";

/** A machine that has never seen a registry: everything that a client keeps is in one directory. */
export interface Home {
  readonly directory: string;
  readonly env: Environment;
  path(...parts: string[]): string;
  run(command: string, args: readonly string[], input?: string): Promise<string>;
  /** Runs like `run`, for clients that report on stderr. */
  runAll(command: string, args: readonly string[]): Promise<Printed>;
  attempt(command: string, args: readonly string[], input?: string): Promise<Outcome>;
  remove(): Promise<void>;
}

// The libraries of podman, buildah and skopeo would otherwise look for these in /etc and /var.
async function configureContainers(directory: string): Promise<void> {
  const storage = [
    "[storage]",
    'driver = "vfs"',
    `graphroot = "${directory}/storage"`,
    `runroot = "${directory}/run/storage"`,
  ];
  const engine = [
    "[engine]",
    `tmp_dir = "${directory}/run/libpod"`,
    `volume_path = "${directory}/volumes"`,
    'events_logger = "none"',
  ];
  await writeFile(join(directory, "storage.conf"), `${storage.join("\n")}\n`);
  await writeFile(join(directory, "containers.conf"), `${engine.join("\n")}\n`);
  await writeFile(join(directory, "registries.conf"), 'short-name-mode = "disabled"\n');
}

function environment(directory: string): Environment {
  return {
    PATH: toolsPath,
    HOME: directory,
    TMPDIR: join(directory, "tmp"),
    LANG: "C.UTF-8",
    XDG_CACHE_HOME: join(directory, "cache"),
    XDG_CONFIG_HOME: join(directory, "config"),
    XDG_DATA_HOME: join(directory, "data"),
    XDG_RUNTIME_DIR: join(directory, "run"),
    DOCKER_CONFIG: join(directory, "docker"),
    REGISTRY_AUTH_FILE: join(directory, "auth.json"),
    CONTAINERS_CONF: join(directory, "containers.conf"),
    CONTAINERS_REGISTRIES_CONF: join(directory, "registries.conf"),
    CONTAINERS_STORAGE_CONF: join(directory, "storage.conf"),
    BUILDAH_ISOLATION: "chroot",
  };
}

export async function openHome(more: Environment = {}): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), "client-"));
  await Promise.all(["tmp", "run", "docker"].map((name) => mkdir(join(directory, name))));
  await configureContainers(directory);
  const env = { ...environment(directory), ...more };
  const options = (input: string | undefined) => ({ env, cwd: directory, ...(input === undefined ? {} : { input }) });
  return {
    directory,
    env,
    path: (...parts) => join(directory, ...parts),
    run: (command, args, input) => run(command, args, options(input)),
    runAll: (command, args) => runAll(command, args, options(undefined)),
    attempt: (command, args, input) => attempt(command, args, options(input)),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

import { randomUUID } from "node:crypto";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon, waitUntilReady } from "../../../harness/live/process.ts";
import { toolsPath } from "../../../harness/live/tools.ts";

/** A daemon that a client needs, with its own socket and state, so that running ones are not touched. */
interface Engine {
  /** The address of its socket, known before it starts. */
  readonly address: string;
  /** Starts it with the text of its configuration file. */
  start(configuration: string): Promise<void>;
  stop(): Promise<void>;
}

function engine(command: string, argumentsIn: (directory: string, address: string) => readonly string[]): Engine {
  // The path of a socket can have only about a hundred characters.
  const directory = join(tmpdir(), `engine-${randomUUID().slice(0, 8)}`);
  const socket = join(directory, "socket");
  const address = `unix://${socket}`;
  let daemon: Daemon | undefined;
  return {
    address,
    start: async (configuration) => {
      await mkdir(directory);
      await writeFile(join(directory, "config"), configuration);
      const env = { PATH: toolsPath, HOME: directory, TMPDIR: directory };
      daemon = startDaemon(command, argumentsIn(directory, address), { cwd: directory, env });
      await waitUntilReady(daemon, command, () =>
        access(socket).then(
          () => true,
          () => false,
        ),
      );
    },
    stop: async () => {
      await daemon?.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Docker's engine. It needs no network of its own: it only pushes, pulls and unpacks. */
export function dockerEngine(): Engine {
  return engine("dockerd", (directory, address) => [
    `--config-file=${join(directory, "config")}`,
    "--storage-driver=vfs",
    "--iptables=false",
    "--ip6tables=false",
    "--bridge=none",
    `--host=${address}`,
    `--data-root=${join(directory, "data")}`,
    `--exec-root=${join(directory, "exec")}`,
    `--pidfile=${join(directory, "pid")}`,
  ]);
}

/** BuildKit's engine. */
export function buildkitEngine(): Engine {
  return engine("buildkitd", (directory, address) => [
    `--config=${join(directory, "config")}`,
    `--addr=${address}`,
    `--root=${join(directory, "data")}`,
    "--containerd-worker=false",
    "--oci-worker-snapshotter=native",
    "--oci-worker-net=host",
  ]);
}

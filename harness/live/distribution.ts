import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./port.ts";
import { startDaemon, waitUntilReady } from "./process.ts";
import { toolsPath } from "./tools.ts";

/** Debian's docker-registry, with its own directory. It has no list of referrers, so they are found by tags. */
export interface Distribution {
  readonly host: string;
  readonly username: string;
  readonly password: string;
  /** Returns the bytes of blobs that it has served so far. */
  served(): Promise<number>;
  stop(): Promise<void>;
}

export const username = "reader";
export const password = "source-secret";
/** The line of a registry's password file for this login: a bcrypt hash of the lowest cost. */
export const htpasswdLine = `${username}:$2b$04$YAjr1KzLQbTADRx6TbiSFeSF81CrkBkMp/kEkvHH76lmwf46iOVAW\n`;

// The combined log format: the request's line, the status, the bytes of the answer.
const blobServed = /"GET \/v2\/\S*\/blobs\/\S* HTTP\/1\.1" 20[06] (\d+)/g;

/** Starts the registry. @param command Debian's, or the path of another build */
export async function startDistribution(command = "docker-registry"): Promise<Distribution> {
  const directory = await mkdtemp(join(tmpdir(), "distribution-"));
  const host = `127.0.0.1:${await freePort()}`;
  await writeFile(join(directory, "htpasswd"), htpasswdLine);
  // YAML takes JSON.
  const configuration = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(directory, "data") }, delete: { enabled: true } },
    auth: { htpasswd: { realm: "distribution", path: join(directory, "htpasswd") } },
    http: { addr: host },
  };
  await writeFile(join(directory, "config.yml"), JSON.stringify(configuration));
  const serve = ["-c", `exec '${command}' serve config.yml >access.log 2>&1`];
  // Later builds send traces unless told not to.
  const env = { PATH: toolsPath, HOME: directory, OTEL_TRACES_EXPORTER: "none" };
  const daemon = startDaemon("sh", serve, { env, cwd: directory });
  await waitUntilReady(daemon, command, () =>
    fetch(`http://${host}/v2/`).then(
      ({ status }) => status === 401,
      () => false,
    ),
  );
  return {
    host,
    username,
    password,
    served: async () => {
      const log = await readFile(join(directory, "access.log"), "utf8");
      return [...log.matchAll(blobServed)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    },
    stop: async () => {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectTo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../harness/live/port.ts";
import { type Daemon, startDaemon, waitUntilReady } from "../../../harness/live/process.ts";
import { toolsPath } from "../../../harness/live/tools.ts";

/** A reverse proxy with the limit of a zone's plan: it refuses bodies of over 100 MB with a page of its own. */
export interface LimitingNginx {
  readonly host: string;
  /** Ends it at once, with everything that passes through it, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

function configuration(directory: string, port: number, upstream: string): string {
  return `
daemon off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  client_max_body_size 100m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 300s;
      proxy_set_header Host $http_host;
    }
  }
}
`;
}

/** Starts nginx. @param upstream the registry's address */
export async function startNginx(upstream: string): Promise<LimitingNginx> {
  const directory = await mkdtemp(join(tmpdir(), "nginx-"));
  const port = await freePort();
  // The registry's own name could resolve to addresses that it does not listen on.
  await writeFile(join(directory, "nginx.conf"), configuration(directory, port, upstream));
  await mkdir(join(directory, "body"));
  let daemon = await launch(directory, port);
  return {
    host: `127.0.0.1:${port}`,
    restart: async () => {
      await daemon.kill();
      daemon = await launch(directory, port);
    },
    stop: async () => {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Launched {
  kill(): Promise<void>;
  stop(): Promise<void>;
}

async function launch(directory: string, port: number): Promise<Launched> {
  const args = ["-e", join(directory, "error.log"), "-p", directory, "-c", join(directory, "nginx.conf")];
  const daemon: Daemon = startDaemon("nginx", args, { cwd: directory, env: { PATH: toolsPath } });
  await waitUntilReady(daemon, "nginx", () => accepts(port));
  return { kill: () => daemon.stop(), stop: () => daemon.stop() };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

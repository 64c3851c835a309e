import { once } from "node:events";
import * as z from "zod";
import { chunkLimits, DEFAULT_CHUNK } from "../client/chunk-size.ts";
import { parseRegistry } from "../client/reference.ts";
import { drain, makeTransport, type Transport } from "../client/transport.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { byteSize } from "../input/options.ts";
import { formatDuration } from "../../contract/format.ts";
import { formatBytes } from "../../oci/size.ts";
import { RESERVED } from "../proxy/cut-upload.ts";
import type { ProxyState } from "../proxy/exchange.ts";
import { garbageCollector } from "../proxy/garbage.ts";
import { endGracefully, listen, type LogEntry, proxyServer } from "../proxy/server.ts";
import { refuseOwnAddress } from "../proxy/own-address.ts";
import { SlabPool } from "../proxy/slabs.ts";
import { plural } from "../output/words.ts";

/** Bytes for held chunks: small enough to run anywhere beside Node's own needs, large enough for a fast line. */
const DEFAULT_MEMORY = 32 * 1024 * 1024;

const LOOPBACK = /^(?:localhost|127\.|\[?::1\]?$)/;

const input = z.object({
  to: z.string(),
  listen: z
    .string()
    .regex(/^(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/, "write it as host:port, for example 127.0.0.1:5000")
    .default("127.0.0.1:5000"),
  chunkSize: byteSize.default(DEFAULT_CHUNK),
  memory: byteSize.default(DEFAULT_MEMORY),
  verbose: z.boolean().default(false),
});

export const proxy = defineCommand({
  name: "proxy",
  summary: "Run a local proxy through which any client can push layers of any size",
  description: `Clients send a layer in one request, which Cloudflare refuses above the limit of the zone's plan. The proxy sends bodies
over --chunk-size, and bodies of unknown length, in chunks, with retry and resume. It passes on everything else
unchanged. Nothing is written to disk. Log in to the local address with the same token.`,
  examples: [
    "proxy --to https://registry.example.com",
    "proxy --to registry.example.com --listen 127.0.0.1:5001 --chunk-size 45MB -v",
  ],
  options: {
    "--to <registry>": "the registry to send requests to",
    "--listen <host:port>": "the local address (default: 127.0.0.1:5000)",
    "--chunk-size <size>":
      "send larger bodies in chunks of this size (default: 90MB, less if the registry asks for less)",
    "--memory <size>": "total memory for chunks that are being sent (default: 32MiB)",
    "-v, --verbose": "print a line for each request",
  },
  input,
  run,
});

type Input = z.output<typeof input>;

async function run(context: Context, options: Input): Promise<void> {
  const { output, env, signal } = context;
  const registry = parseRegistry(options.to, { plainHttp: context.plainHttp });
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(options.listen) ?? [];
  await refuseOwnAddress(registry.origin, { host, port: Number(port) });
  const transport = makeTransport(env);
  const memory = Math.max(options.memory, 2 * RESERVED);
  const state: ProxyState = {
    registry,
    transport,
    pool: new SlabPool(memory, RESERVED),
    chunkSize: options.chunkSize,
    limits: chunkLimits(null),
    window: Math.floor(memory / 2),
    patience: { upload: 300_000, question: 60_000 },
    answerWithin: 10_000,
    passed: garbageCollector(),
    warn: (text) => output.warn(text),
  };
  const server = proxyServer({
    state,
    log: options.verbose ? (entry) => output.note(logLine(entry)) : () => undefined,
  });
  const bound = await listen(server, host.replaceAll(/[[\]]/g, ""), Number(port));
  const address = `${host}:${bound.port}`;
  output.show({ listen: address, to: registry.origin }, () => welcome(address, registry.origin, options));
  if (!LOOPBACK.test(host)) output.warn("other machines can reach this address, and passwords go to it without TLS");
  await Promise.all([lookUp(context, transport, state), signal.aborted || once(signal, "abort")]);
  output.note("Finishing open requests; press Ctrl-C again to stop at once.");
  await endGracefully(server);
  await transport.close();
}

/** Warns at once if the registry cannot be reached. The proxy stays, since the registry may come up later. */
async function lookUp({ output }: Context, transport: Transport, { registry }: ProxyState): Promise<void> {
  try {
    await drain(await transport.send({ method: "GET", url: new URL("/v2/", registry.origin) }));
  } catch (failure) {
    output.warn(failure instanceof Error ? failure.message : String(failure));
  }
}

function welcome(address: string, origin: string, { chunkSize }: Input): string {
  const local = address.replace(/^127\.0\.0\.1:/, "localhost:");
  return `Everything sent to http://${address} goes to ${origin}; bodies over ${formatBytes(chunkSize)} are sent in chunks. Press Ctrl-C to stop.

  docker login ${local}
  docker push ${local}/<space>/<repository>:<tag>
`;
}

/** Query parameters that say what a request does. Others may be secrets: addresses of sessions, states, cursors. */
const LOGGED = new Set(["digest", "mount", "from", "scope", "service", "n", "last", "artifactType"]);

function logLine({ method, url, status, milliseconds, chunks }: LogEntry): string {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const path = pathname.replace(/(\/blobs\/uploads?\/.{8}).+$/, "$1…");
  const query = [...searchParams].filter(([name]) => LOGGED.has(name)).map(([name, value]) => `${name}=${value}`);
  const what = query.length === 0 ? path : `${path}?${query.join("&")}`;
  const cut = chunks === 0 ? "" : ` in ${plural(chunks, "chunk")}`;
  return `${new Date().toISOString()} ${method} ${what} ${status}${cut} ${formatDuration(milliseconds)}`;
}
